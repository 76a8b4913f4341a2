package summary

import "strings"

// forms are the codes that need no label, with the number of characters that
// they have: a check digit, or a prefix that nothing else has, says what they are.
var forms = []struct {
	length int
	kind   Kind
	is     func(value string) bool
}{
	{18, Parcel, isUPS},
	{13, Parcel, isS10},
	{20, Parcel, isSSCC},
	{15, Parcel, isAmazonParcel},
	{19, Order, isAmazonOrder},
}

// selfEvident reads a code that needs no label, and returns the word behind it.
// Parcel codes are often written in groups.
func selfEvident(text string, words []span, i int) (Code, int) {
	word := words[i].in(text)
	if !hasDigit(word) && (len(word) != 2 || !isCapitals(word)) {
		return Code{}, i // no word of a sentence begins a code
	}
	if isServiceNow(word) {
		return Code{Ticket, word, words[i].start}, i + 1
	}
	for _, form := range forms {
		if value, end := grouped(text, words, i, form.length); end > i && form.is(value) {
			return Code{form.kind, value, words[i].start}, end
		}
	}
	return Code{}, i
}

// grouped joins words with one space between them until they have n characters;
// where they never do it returns i.
func grouped(text string, words []span, i, n int) (string, int) {
	size := 0
	for end := i; end < len(words) && size < n; end++ {
		if end > i && text[words[end-1].end:words[end].start] != " " {
			break
		}
		if size += words[end].end - words[end].start; size == n {
			return strings.ReplaceAll(text[words[i].start:words[end].end], " ", ""), end + 1
		}
	}
	return "", i
}

// isUPS checks a UPS tracking number: "1Z", fifteen characters and a check digit.
// Letters count as their code less 63, modulo 10; every second character twice.
func isUPS(value string) bool {
	if !strings.HasPrefix(value, "1Z") {
		return false
	}
	sum := 0
	for i, c := range []byte(value[2:17]) {
		n := int(c) - '0'
		switch {
		case 'A' <= c && c <= 'Z':
			n = (int(c) - 63) % 10
		case !isDigit(c):
			return false
		}
		sum += n * (1 + i%2)
	}
	return int(value[17]) == '0'+(10-sum%10)%10
}

// isS10 checks an item identifier of the Universal Postal Union (standard S10):
// two letters for the service, eight digits and a check digit, the country.
func isS10(value string) bool {
	if !isCapitals(value[:2]) || !isDigits(value[2:11]) || !isCapitals(value[11:]) {
		return false
	}
	sum := 0
	for i, weight := range []int{8, 6, 4, 2, 3, 5, 9, 7} {
		sum += weight * int(value[2+i]-'0')
	}
	check := 11 - sum%11
	switch check {
	case 10:
		check = 0
	case 11:
		check = 5
	}
	return int(value[10]-'0') == check
}

func hasDigit(s string) bool {
	for i := range len(s) {
		if isDigit(s[i]) {
			return true
		}
	}
	return false
}

func isCapitals(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

// isSSCC checks a Serial Shipping Container Code with its identifier 00 (GS1),
// which DHL and others print on parcels.
func isSSCC(value string) bool {
	if !strings.HasPrefix(value, "00") || !isDigits(value) {
		return false
	}
	sum := 0
	for i, c := range []byte(value[2:]) {
		sum += int(c-'0') * (3 - 2*(i%2))
	}
	return sum%10 == 0
}

func isAmazonParcel(value string) bool {
	return strings.HasPrefix(value, "TBA") && isDigits(value[3:])
}

// isAmazonOrder knows 123-1234567-1234567.
func isAmazonOrder(value string) bool {
	return value[3] == '-' && value[11] == '-' && isDigits(value[:3]+value[4:11]+value[12:])
}

// isServiceNow knows the numbers of ServiceNow's records, such as INC0012345.
func isServiceNow(word string) bool {
	prefix := strings.TrimRight(word, "0123456789")
	digits := len(word) - len(prefix)
	switch prefix {
	case "INC", "REQ", "RITM", "CHG", "PRB", "SCTASK", "TASK", "CTASK", "CS", "HRC":
		return digits >= 7 && digits <= 10
	}
	return false
}

// skipIBAN returns the word behind a bank account number (ISO 13616) that begins
// with word i, whether in groups of four or not; i if there is none.
func skipIBAN(text string, words []span, i int) int {
	word := words[i].in(text)
	if len(word) < 4 || !isDigits(word[2:4]) || !isCapitals(strings.ToUpper(word[:2])) {
		return i
	}
	number, found := "", i
	for end := i; end < len(words) && len(number) <= 34; end++ {
		if end > i && spaceAt(text[words[end-1].end:]) != words[end].start-words[end-1].end {
			break
		}
		number += strings.ToUpper(words[end].in(text))
		if isIBAN(number) {
			found = end + 1
		}
	}
	return found
}

// isIBAN checks form and remainder (ISO 13616): a country's two letters and two
// check digits begin it; these four go to the end, letters count 10 to 35, and the
// number leaves 1 when divided by 97.
func isIBAN(number string) bool {
	if len(number) < 15 || len(number) > 34 || number[0] < 'A' || number[1] < 'A' || !isDigits(number[2:4]) {
		return false
	}
	rest := 0
	for _, c := range []byte(number[4:] + number[:4]) {
		switch {
		case isDigit(c):
			rest = (rest*10 + int(c-'0')) % 97
		case 'A' <= c && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// isCard knows the numbers of payment cards by length, first digit and check
// digit (ISO/IEC 7812).
func isCard(value string) bool {
	if len(value) < 14 || len(value) > 16 || !isDigits(value) || value[0] < '3' || value[0] > '6' {
		return false
	}
	sum := 0
	for i := range len(value) {
		n := int(value[len(value)-1-i]-'0') * (1 + i%2)
		sum += n/10 + n%10
	}
	return sum%10 == 0
}
