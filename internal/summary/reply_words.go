package summary

// What mail programs and people write around a message, in lower case: English,
// German, French and Spanish throughout, and of other languages what mail
// programs put above a quote.

// originalWords stand between dashes above what is quoted without marks.
var originalWords = set(
	"original message", "original appointment", "reply message", "reply to message",
	"ursprüngliche nachricht", "originalnachricht", "original-nachricht", "ursprünglicher termin",
	"message d'origine", "message d\u2019origine", "message original", "message initial", "rendez-vous d'origine",
	"mensaje original", "mensaje originario", "cita original",
	"messaggio originale", "mensagem original", "oorspronkelijk bericht", "исходное сообщение",
)

// forwardWords stand between dashes above a forwarded message.
var forwardWords = set(
	"forwarded message", "forwarded mail", "forwarded email", "fwd", "forwarded",
	"weitergeleitete nachricht", "weitergeleitete mail", "weitergeleitete e-mail",
	"message transféré", "message réexpédié", "courriel transféré", "message transmis",
	"mensaje reenviado", "mensaje renviado", "correo reenviado",
	"messaggio inoltrato", "mensagem encaminhada", "doorgestuurd bericht", "пересылаемое сообщение",
)

// forwardSentences are what Apple Mail writes, with a colon.
var forwardSentences = set(
	"begin forwarded message", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail",
	"début du message réexpédié", "début du message transféré", "inicio del mensaje reenviado",
	"inizio messaggio inoltrato", "início da mensagem encaminhada", "begin doorgestuurd bericht",
)

// forwardedBy begin what Notes writes, between dashes.
var forwardedBy = []string{"forwarded by ", "weitergeleitet von ", "réexpédié par ", "transféré par ", "reenviado por "}

// fieldLabels are the fields of a header block above a quote.
var fieldLabels = map[string]fieldKind{
	"from": fromField, "von": fromField, "de": fromField, "da": fromField, "van": fromField,
	"от": fromField, "от кого": fromField, "od": fromField, "från": fromField, "fra": fromField,
	"expéditeur": fromField, "remitente": fromField, "absender": fromField,

	"sent": sentField, "gesendet": sentField, "gesendet am": sentField, "envoyé": sentField, "envoyé le": sentField,
	"enviado": sentField, "enviado el": sentField, "enviada em": sentField, "enviado em": sentField,
	"inviato": sentField, "verzonden": sentField, "отправлено": sentField, "wysłano": sentField,
	"skickat": sentField, "sendt": sentField,

	"date": dateField, "datum": dateField, "fecha": dateField, "data": dateField, "дата": dateField, "dato": dateField,

	"to": toField, "an": toField, "à": toField, "a": toField, "para": toField, "aan": toField, "кому": toField,
	"do": toField, "till": toField, "til": toField, "destinataire": toField, "destinatario": toField,

	"subject": subjectField, "betreff": subjectField, "objet": subjectField, "sujet": subjectField, "asunto": subjectField,
	"oggetto": subjectField, "assunto": subjectField, "onderwerp": subjectField, "тема": subjectField,
	"temat": subjectField, "ämne": subjectField, "emne": subjectField,

	"cc": otherField, "bcc": otherField, "cci": otherField, "kopie": otherField, "copie": otherField,
	"копия": otherField, "reply-to": otherField, "antwort an": otherField, "répondre à": otherField,
	"responder a": otherField, "attachments": otherField, "anlagen": otherField, "pièces jointes": otherField,
	"importance": otherField, "priorität": otherField, "wichtigkeit": otherField, "when": otherField, "where": otherField,
}

// closingWords close a letter and say nothing else.
var closingWords = set(
	"regards", "best regards", "kind regards", "kindest regards", "warm regards", "warmest regards", "with kind regards",
	"with best regards", "many regards", "best", "all the best", "best wishes", "with best wishes", "all best",
	"sincerely", "sincerely yours", "yours sincerely", "yours faithfully", "yours truly", "yours", "respectfully", "cordially",
	"cheers", "take care", "warmly", "br", "rgds", "brgds", "kr", "brg", "love", "ciao", "x", "xx", "xoxo",
	"thanks and regards", "thanks and best regards", "thanks & regards", "thanks and kind regards", "thank you and best regards",
	"thank you and kind regards", "many thanks and kind regards", "with thanks", "with many thanks",
	"mit freundlichen grüßen", "mit freundlichem gruß", "mit freundlichen grüssen", "mit freundlichem gruss",
	"mit besten grüßen", "mit besten grüssen", "freundliche grüße", "freundliche grüsse", "beste grüße", "beste grüsse",
	"viele grüße", "viele grüsse", "liebe grüße", "liebe grüsse", "herzliche grüße", "herzliche grüsse", "schöne grüße",
	"schöne grüsse", "mit herzlichen grüßen", "mit vielen grüßen", "grüße", "grüsse", "gruß", "gruss", "lieben gruß", "besten gruß",
	"schönen gruß", "hochachtungsvoll", "mfg", "m.f.g", "lg", "vg", "vlg", "bg", "freundlich grüßt", "ihr", "ihre", "dein", "deine",
	"cordialement", "bien cordialement", "très cordialement", "bien à vous", "bien à toi", "amicalement", "bien amicalement",
	"sincères salutations", "salutations distinguées", "meilleures salutations", "cordiales salutations", "salutations",
	"avec mes meilleures salutations", "bonne journée", "bonne réception", "bises", "bisous", "à bientôt", "cdlt", "cdt",
	"saludos", "un saludo", "saludos cordiales", "un cordial saludo", "cordiales saludos", "cordialmente", "atentamente",
	"muy atentamente", "le saluda atentamente", "reciba un cordial saludo", "un abrazo", "abrazos", "saludos atentos", "atte",
)

// closingStarts begin closings that name a place or the like: "Viele Grüße aus
// Köln".
var closingStarts = []string{
	"best regards from", "kind regards from", "greetings from", "regards from", "best wishes from",
	"mit freundlichen grüßen aus", "viele grüße aus", "viele grüße und", "liebe grüße aus", "liebe grüße und",
	"beste grüße aus", "schöne grüße aus", "saludos desde", "je vous prie d'agréer", "veuillez agréer",
}

// thanksWords close a letter too, but may be all that it says.
var thanksWords = set(
	"thanks", "thank you", "thanks a lot", "many thanks", "thanks again", "thank you again", "thanks so much", "thanks very much",
	"thank you very much", "thank you so much", "thanks in advance", "thank you in advance", "thx", "tia", "ty", "much appreciated",
	"danke", "vielen dank", "besten dank", "herzlichen dank", "danke dir", "danke ihnen", "danke im voraus", "dankeschön",
	"vielen dank im voraus", "vielen dank und viele grüße", "danke und gruß", "danke und viele grüße", "danke schön",
	"merci", "merci beaucoup", "merci d'avance", "merci bien", "un grand merci", "avec mes remerciements",
	"gracias", "muchas gracias", "mil gracias", "gracias de antemano", "gracias y saludos",
)

// sentFrom begin the line that a telephone or a program adds.
var sentFrom = []string{
	"sent from", "sent via", "sent with", "sent using", "sent by", "get outlook for", "get bluemail", "from my iphone",
	"typed on my", "composed on my", "sent on the",
	"gesendet von", "gesendet mit", "gesendet aus", "gesendet über", "mit meinem", "von outlook", "outlook für",
	"diese nachricht wurde von mein", "mobil gesendet", "von unterwegs gesendet",
	"envoyé de", "envoyé depuis", "envoyé à partir", "envoyé avec", "télécharger outlook", "obtenir outlook", "obtenez outlook",
	"enviado desde", "enviado con", "enviado de", "enviado do", "obtener outlook", "descargar outlook", "consigue outlook",
	"inviato da", "verzonden vanaf", "отправлено с",
}

// devices are what such a line names, lest "Sent via courier" be one.
var devices = []string{
	"iphone", "ipad", "android", "blackberry", "samsung", "galaxy", "huawei", "xiaomi", "pixel", "nokia", "phone", "tablet",
	"mobile", "device", "handheld", "outlook", "gmail", "yahoo", "aol", "spark", "airmail", "proton", "superhuman", "mailspring",
	"bluemail", "thunderbird", "windows", "mail app", "gmx", "web.de", "handy", "telefon", "mobil", "gerät", "unterwegs",
	"appareil", "téléphone", "portable", "móvil", "movil", "teléfono", "dispositivo", "telefono", "cellulare", "телефон", "http",
}

// bannerWords stand in the warning that a company's server puts above mail from
// outside.
var bannerWords = []string{
	"this email originated from outside", "this e-mail originated from outside", "this message originated from outside",
	"email originated outside", "message originated outside", "you don't often get email from", "you don\u2019t often get email from",
	"external email:", "external e-mail:", "caution: external", "warning: external", "[external email]", "this is an external email",
	"externe e-mail", "diese e-mail stammt von außerhalb", "diese e-mail wurde von außerhalb", "sie erhalten nicht oft e-mails von",
	"sie erhalten nicht häufig e-mails von", "ce message provient de l'extérieur", "ce courriel provient de l'extérieur",
	"ce courriel provient d'un expéditeur externe", "expéditeur externe", "vous n'obtenez pas souvent d'e-mail",
	"este correo electrónico se originó fuera", "este correo procede del exterior", "correo externo:", "no suele recibir correos",
}

// footWords tell the foot of a mailing list or of a service from a line that
// somebody drew.
var footWords = []string{
	"mailing list", "listinfo", "unsubscribe", "list@", "lists.", "googlegroups", "reply to this email", "view it on",
	"receiving this", "mailingliste", "abmelden", "abbestellen", "désabonner", "désinscrire", "liste de diffusion",
	"darse de baja", "cancelar la suscripción", "lista de correo",
}

// noticeFormulas are sentences that nobody writes by hand.
var noticeFormulas = []string{
	"not the intended recipient", "other than the intended recipient", "not the intended addressee", "intended solely for",
	"intended only for the", "confidentiality notice", "this e-mail and any", "this email and any", "this message and any attach",
	"this communication and any", "consider the environment before", "before printing this", "virus-free.", "scanned for viruses",
	"you are receiving this because", "or view it on github",
	"nicht der richtige adressat", "nicht der vorgesehene", "nicht der beabsichtigte", "nicht der bestimmungsgemäße",
	"diese e-mail enthält vertrauliche", "diese nachricht enthält vertrauliche", "rechtlich geschützte informationen",
	"diese e-mail irrtümlich", "diese nachricht irrtümlich", "vernichten sie diese", "ausschließlich für den adressaten bestimmt",
	"unbefugte weitergabe", "denken sie an die umwelt", "bevor sie diese e-mail ausdrucken",
	"ce message et toutes les pièces", "ce message et ses pièces", "ce courriel et ses pièces", "ce message et les pièces",
	"n'êtes pas le destinataire", "établis à l'intention exclusive", "à l'attention exclusive", "pensez à l'environnement avant",
	"avant d'imprimer ce", "ce message est confidentiel",
	"no es el destinatario", "no es usted el destinatario", "este mensaje y sus", "este mensaje y cualquier",
	"este correo electrónico y sus", "este correo electrónico y cualquier", "antes de imprimir este", "aviso de confidencialidad",
}

// noticeWords are those of which three make a notice; fewer are what people
// write about secrets, viruses and the law.
var noticeWords = []string{
	"confidential", "privileged", "unauthori", "strictly prohibited", "notify the sender", "delete this", "delete it",
	"in error", "liability", "disclaimer", "virus", "addressee", "recipient",
	"vertraulich", "irrtümlich", "unbefugt", "löschen sie", "absender", "adressat",
	"confidentiel", "destinataire", "par erreur", "détruire", "expéditeur", "interdite", "responsabilité",
	"confidencial", "destinatari", "por error", "elimin", "remitente", "prohibid", "responsabilidad", "aviso legal",
}

// companyWords are those of which two tell what the law wants below a company's
// letters.
var companyWords = []string{
	"registered in england", "registered office", "company number", "company no", "vat no", "vat number",
	"sitz der gesellschaft", "registergericht", "handelsregister", "amtsgericht", "geschäftsführer", "hrb ", "ust-id", "ust.-id",
	"siège social", "au capital de", "siret", " rcs ", "registro mercantil", "domicilio social", " c.i.f", " cif ",
}

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
