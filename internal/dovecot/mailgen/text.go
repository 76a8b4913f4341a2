package mailgen

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
)

// kind is what sort of mail a message is; the shares add up to 100.
var kinds = []struct {
	share int
	name  string
}{
	{2, "board"},
	{3, "vip"},
	{4, "incident"},
	{6, "invoice"},
	{7, "receipt"},
	{4, "travel"},
	{4, "hiring"},
	{8, "ticket"},
	{26, "newsletter"},
	{18, "team"},
	{4, "legal"},
	{14, "stranger"},
}

// The words mail is made of. None of the topics and words is one that a rule
// looks for; those come in where a subject is meant to match.
var (
	companies   = strings.Fields("northwind bluepeak harbour oakfield silverline redbrick lumen quarry meadow vertex stonegate cobalt foxglove tidewater elmwood ironbridge larkspur summit pinecrest falcon juniper marble orchard beacon cinder driftwood ember garnet hazel indigo jasper kestrel linden mosaic nimbus opal pebble quartz ripple saffron thistle umber violet willow yarrow zephyr anchor birch cedar delta")
	firstNames  = strings.Fields("Pat Kim Ada Luis Noor Tess Ivo Mina Omar Greta Finn Zora Hugo Lena Amir Nils Rosa Theo Wanda Yuki")
	lastNames   = strings.Fields("Adler Brook Castel Dorn Eng Farrow Glass Hale Ibsen Jonas Kerr Lund Moss Novak Orr Pike Quill Rowe Stone Tran")
	topics      = strings.Fields("quarter planning budget roadmap pricing launch partner contract review design offsite metrics migration onboarding renewal forecast agenda interview feedback proposal")
	words       = strings.Fields("the of and to in for on with that this from about before after week month team customer plan number question answer call draft version change meeting note list point price time work year open close still next last more less we you they please thanks could would should when where which because only also again both each many some")
	keywords    = []string{"Later", "Waiting", "$Forwarded"}
	boardDomain = "board.acme.example"
	travel      = []string{"skyline.example", "grandhotel.example", "railway.example"}
	vips        = []address{
		{"Marta Vale", "marta", "bigcustomer.example"},
		{"Jon Ferris", "jon.ferris", "firstfund.example"},
		{"Sia Okoro", "sia", "keypartner.example"},
	}
	dana   = address{"Dana Winter", "dana", "acme.example"}
	hiring = address{"Hiring", "jobs", "acme.example"}
	legal  = address{"Counsel", "counsel", "lawfirm.example"}
)

// invent makes up who writes to whom about what.
func invent(rng *rand.Rand) facts {
	f := facts{from: person(rng, pick(rng, companies)+".example"), to: []address{dana}}
	topic := ""
	switch kind := pickKind(rng); kind {
	case "board":
		f.from = person(rng, boardDomain)
	case "vip":
		f.from = pick(rng, vips)
	case "incident", "invoice", "receipt":
		topic = kind
	case "travel":
		f.from = person(rng, pick(rng, travel))
	case "hiring":
		f.to = append(f.to, hiring)
	case "ticket":
		f.ticket = fmt.Sprintf("T-%06d", rng.IntN(1_000_000))
	case "newsletter":
		f.listID = fmt.Sprintf("%s news <news.%s>", f.from.name, f.from.domain)
	case "team":
		f.from = person(rng, "acme.example")
	case "legal":
		f.cc = append(f.cc, legal)
	}
	for rng.Float64() < 0.2 {
		f.cc = append(f.cc, person(rng, pick(rng, companies)+".example"))
	}
	// Written as some programs write it; domains have no case (RFC 1035 2.3.3).
	if rng.Float64() < 0.05 {
		f.from.domain = strings.ToUpper(f.from.domain)
	}
	f.subject = subject(rng, topic)
	return f
}

func pickKind(rng *rand.Rand) string {
	n := rng.IntN(100)
	for _, k := range kinds {
		if n -= k.share; n < 0 {
			return k.name
		}
	}
	panic("the shares of the kinds do not add up to 100")
}

func person(rng *rand.Rand, domain string) address {
	first, last := pick(rng, firstNames), pick(rng, lastNames)
	return address{name: first + " " + last, user: strings.ToLower(first + "." + last), domain: domain}
}

// subject is a few words with the topic a rule looks for, if there is one, in any
// case, and now and then a second one, where the order of the rules decides.
func subject(rng *rand.Rand, topic string) string {
	parts := []string{strings.ToUpper(pick(rng, topics)[:1]) + pick(rng, topics)[1:], pick(rng, words), pick(rng, topics)}
	if topic != "" {
		parts = append(parts, anyCase(rng, topic), fmt.Sprint(rng.IntN(100_000)))
	}
	if rng.Float64() < secondTopic {
		parts = append(parts, "and the", pick(rng, []string{"incident", "invoice", "receipt"}))
	}
	if rng.Float64() < urgent {
		parts = append([]string{anyCase(rng, "urgent") + ":"}, parts...)
	}
	if rng.Float64() < 0.25 {
		parts = append([]string{"Re:"}, parts...)
	}
	return strings.Join(parts, " ")
}

// anyCase writes a word as people do: rules for text pay no regard to case.
func anyCase(rng *rand.Rand, word string) string {
	switch rng.IntN(3) {
	case 0:
		return strings.ToUpper(word)
	case 1:
		return strings.ToUpper(word[:1]) + word[1:]
	}
	return word
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// Prose and noise are cut from texts made once, which is what makes a hundred
// thousand messages a matter of seconds.
var (
	proseText = sync.OnceValue(func() []byte {
		rng := rand.New(rand.NewPCG(1, 1))
		var b bytes.Buffer
		for line := 0; b.Len() < 1<<20; line++ {
			for range 9 {
				b.WriteString(pick(rng, words) + " ")
			}
			b.WriteString(pick(rng, topics) + ".\r\n")
			if line%7 == 6 {
				b.WriteString("\r\n")
			}
		}
		return b.Bytes()
	})
	noiseText = sync.OnceValue(func() []byte {
		source := rand.NewChaCha8([32]byte{1})
		raw := make([]byte, 1<<20)
		_, _ = source.Read(raw) // never fails
		return []byte(base64.StdEncoding.EncodeToString(raw))
	})
)

// prose is about size bytes of whole lines.
func prose(rng *rand.Rand, size int) []byte {
	text := proseText()
	start := rng.IntN(len(text) - 2*size - 200)
	start += bytes.IndexByte(text[start:], '\n') + 1
	end := start + size
	end += bytes.IndexByte(text[end:], '\n') + 1
	return text[start:end]
}

// noise is size bytes of base64.
func noise(rng *rand.Rand, size int) []byte {
	size -= size % 4
	text := noiseText()
	start := rng.IntN((len(text)-size)/4) * 4
	return text[start : start+size]
}
