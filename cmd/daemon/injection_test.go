package main

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// No folder is named after a subject: a rule that would is refused. After a name it may
// be, in which encoded words can hide line ends, commands, NUL and a way out as well: a
// folder is made, with a harmless name, and nothing else is done.
func TestANameThatWouldBeACommand(t *testing.T) {
	const nameRules = `version: 1
rules:
  - name: By name
    when: from.domain == "evil.example"
    do: [{file: "By/{from.name}"}]
`
	in := install(t, startOffice(t, officeOptions{}), strings.Replace(nameRules, "from.name", "subject", 1))
	if said := in.tried("run", "--once"); !strings.Contains(said, "there is no {subject} for the name of a folder") {
		t.Errorf("a folder by subject: %s", said)
	}
	in = install(t, in.office, nameRules)
	in.run("run", "--once")
	in.post(compose("pat@board.acme.example", "Kept"))
	hostile := []string{
		"=?utf-8?q?a=0D=0Ax_DELETE_Archive=0D=0A?=", "=?utf-8?b?YQBiDQpUMSBMT0dPVVQNCg==?=", "../../Trash/a", "=?utf-8?q?=E2=80=AEa=22_=7B3+=7D?=", "/", `a\b*%`, strings.Repeat("long ", 300),
	}
	for i, name := range hostile {
		in.post([]byte("From: " + name + " <eve@evil.example>\nTo: dana@acme.example\nMessage-ID: <" + strings.Repeat("x", i+1) + "@evil.example>\nSubject: Hello\n\nHello\n"))
	}
	said := in.run("run", "--once")
	letters, err := in.office.letters()
	if err != nil {
		t.Fatal(err)
	}
	filed := 0
	for _, l := range letters {
		if strings.HasPrefix(l.folder, "By/") {
			filed++
		} else if l.folder != "INBOX" {
			t.Errorf("a mail is in %q", l.folder)
		}
		if strings.ContainsFunc(l.folder, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`*%"\`, r)
		}) || slices.Contains(strings.Split(l.folder, "/"), "..") {
			t.Errorf("a folder is called %q", l.folder)
		}
	}
	if len(letters) != len(hostile)+1 || filed < 3 {
		t.Errorf("%d of %d mails are there, %d filed:\n%s\n%s", len(letters), len(hostile)+1, filed, lines(letters), said)
	}
	if err := in.office.deliver("Archive", compose("pat@board.acme.example", "Archived")); err != nil {
		t.Errorf("the archive is gone: %v", err)
	}
	faulttest.Injected(t, "S5", len(hostile))
}
