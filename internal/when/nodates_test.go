package when

// noDates hold no date, whatever a hasty reader sees in them.
var noDates = []string{
	"may fix 12 bugs", "We may 5 times out of 10 be wrong", "He may march on", "march forward", "March forward with confidence",
	"The march of 2000 people", "Version 1.2.3 is out", "v2.10.4", "release 3.5", "Chrome 120.0.6099.109", "Call +44 20 7946 0958",
	"Tel. 030 1234567", "phone: 555-0123", "(212) 555-0187", "01 42 68 53 00", "It costs $10.30", "£1,250.00 plus VAT", "€3.50",
	"12.50 EUR", "Total: 1.250,00 €", "sit in the sun", "the sun is out", "a second opinion", "the second item", "the 2nd item",
	"the 3rd floor", "1st class", "a ratio of 3:1", "score 8/10", "4/5 stars", "rated 9/10 by users", "3/4 of the team", "localhost:8080",
	"port 443", "http://10.0.0.1:8080/", "192.168.1.10", "10.12.14.1", "10-15 people", "5-7 items", "pages 10-12", "room 1015",
	"Room 3.14", "2-3 options", "items 3 to 5", "Article 5", "Section 12.3", "chapter 11", "up 5% on the year", "Good morning",
	"Good afternoon, all", "Have a nice weekend", "day to day business", "up to date", "at the end of the day, it is your call", "at 5 locations",
	"at 101 points", "at 6.5 kilograms", "24/7 support", "B12 vitamins", "Sun Microsystems", "he sat down", "to wed or not", "the Mars mission", "a dec machine",
	"order 20261214-77", "invoice 4711", "PO 12345678", "ISBN 978-3-16-148410-0", "ISO 27001", "RFC 5545", "issue #12", "3x faster",
	"12 angry men", "seven samurai", "one two three", "in time", "on time", "next steps", "last chance", "this is it", "first things first",
	"I am 40 today-ish years old", "am I right", "pm me", "16:9 screen", "1:1 meeting notes", "a 5k run", "10k users", "100 m sprint", "20 min", "2 hours long",
	"a two-day workshop", "5 years of experience", "half of them", "a quarter of the budget", "late fees apply", "early bird", "in 3 parts", "by 5 percent",
	"by 10 points", "increase by 5", "until further notice", "due diligence", "by hand", "100 % mai", "GET /index.html", "mid-size firms", "June's friend said so, in short",
	"thanks to Jan", "please ask April's team", "stop by any time", "come by the office", "now it is clear", "and now for something else", "we are now hiring",
	"one of 12", "5 of 7", "2 by 4", "4 x 4", "the first and second", "20-30 minutes of work", "a 10 minute walk", "a 30 day trial", "99 cents", "1.5.3", "3.14159",
	"0800 123 456", "+1 (212) 555-0187", "c/o 12 Main Street", "SW1A 1AA", "12 Downing Street", "MacOS 15.2", "Windows 11", "Q: what? A: 12", "seat 12A", "gate B 14",
	"A4 paper", "5G network", "COVID-19", "1/2 cup", "3/8 inch", "2x2", "10:1 leverage", "Psalm 23:4", "at 30 degrees", "in 2nd place", "a fifth of them", "am, is, are",
	"at no time", "may or may not", "the May family's dog, not hers", "to dec or inc", "wed in white", "the sat nav", "1.2. Introduction", "see 3.4. and 3.5. of the contract",
	// German
	"Guten Morgen", "Guten Abend, Frau Weber", "Version 3.5.1 ist da", "Raum 3.14", "Schönes Wochenende", "mit freundlichen Grüßen", "Do not reply",
	"Das ist so", "Sie sind die Besten", "Kapitel 3.5", "12,50 Euro", "3.500 Euro", "Seite 12 bis 15", "die ersten drei", "zum ersten Mal", "an erster Stelle",
	"mit 5 Personen", "vor Ort", "nach wie vor", "5 bis 7 Personen", "Paragraf 15", "§ 3.5", "Im Verhältnis 3:1", "Tel. 089 / 12 34 56", "zwei Tage lang",
	"IBAN DE89 3704 0044 0532 0130 00", "er mag den Mais", "Das war früh genug", "Punkt 3.2. der Liste",
	// French
	"Bonjour à tous", "Bonne journée", "Bonne fin de journée", "une mise à jour", "l'ordre du jour", "mon ami", "mon mari et moi", "la mer est belle",
	"version 2.1.4", "page 12 à 15", "12,50 euros", "3 500 euros", "une réunion de 2h", "de 5 à 7 personnes", "le premier ministre", "la première fois",
	"la planète Mars", "pendant 3 heures", "deux jours de formation", "salle 14", "tél. 01 42 68 53 00", "article 5", "est-ce que",
	"il a un an", "sept personnes", "le 3e étage", "un quart du budget", "en fin de compte",
}
