package mail

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/rules"
)

// ofParts makes a multipart/mixed message file of parts, each a header and body.
func ofParts(parts ...string) string {
	return "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + strings.Join(parts, "\n--b\n") + "\n--b--\n"
}

func fileFacts(t *testing.T, file string) rules.Item {
	t.Helper()
	msg, err := ReadFile(strings.NewReader(file), testIdentity, testNow)
	if err != nil || msg.Poison != "" {
		t.Fatal(err, msg.Poison)
	}
	inBounds(t, msg)
	return msg.Item
}

func TestFiles(t *testing.T) {
	base64Lines := strings.TrimSuffix(strings.Repeat(strings.Repeat("QUJD", 19)+"\n", 10), "\n")
	tests := []struct {
		name, part string
		want       string // name|ext|type|size|inline
	}{
		{"an attachment, size as decoded", "Content-Type: application/PDF\nContent-Disposition: attachment; filename=\"Q3.PDF\"\nContent-Transfer-Encoding: base64\n\n" + base64Lines, "Q3.PDF|pdf|application/pdf|568|false"},
		{"a name in Content-Type alone", "Content-Type: image/png; name=a.png\n\nxyz", "a.png|png|image/png|3|false"},
		{"inline by disposition", "Content-Type: image/png; name=a.png\nContent-Disposition: inline\n\nxyz", "a.png|png|image/png|3|true"},
		{"inline by Content-ID", "Content-Type: image/png; name=a.png\nContent-ID: <1@x>\n\nxyz", "a.png|png|image/png|3|true"},
		{"a name by RFC 2231", "Content-Disposition: attachment; filename*=utf-8''%C3%BCber%20uns.txt\n\nxyz", "über uns.txt|txt|text/plain|3|false"},
		{"a name in pieces", "Content-Disposition: attachment; filename*0*=utf-8''a%C3; filename*1*=%BC; filename*2=\"100%.txt\"\n\nxyz", "aü100%.txt|txt|text/plain|3|false"},
		{"a name by RFC 2047", "Content-Disposition: attachment; filename=\"=?iso-8859-1?q?f=FCr.txt?=\"\n\nxyz", "für.txt|txt|text/plain|3|false"},
		{"a raw 8-bit name", "Content-Disposition: attachment; filename=\"f\xfcr.txt\"\n\nxyz", "für.txt|txt|text/plain|3|false"},
		{"a name without quotes", "Content-Disposition: attachment; filename=board pack.pdf; size=3\n\nxyz", "board pack.pdf|pdf|text/plain|3|false"},
		{"a line break hidden in a name", "Content-Disposition: attachment; filename*=utf-8''a%0D%0Ab.txt\n\nxyz", "a  b.txt|txt|text/plain|3|false"},
		{"a file without a name", "Content-Type: application/zip\n\nxyz", "||application/zip|3|false"},
		{"an attached message", "Content-Type: message/rfc822\n\nSubject: x\n\nbody", "||message/rfc822|18|false"},
		{"text to read is no file", "Content-Type: text/html\n\nxyz", ""},
		{"a signature is no file", "Content-Type: application/pgp-signature; name=signature.asc\n\nxyz", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range fileFacts(t, ofParts("\nHello", tt.part)).Files {
				got = append(got, fmt.Sprintf("%s|%s|%s|%d|%v", f.Name, f.Ext, f.Type, f.Size, f.Inline))
			}
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEncryptedAndSigned(t *testing.T) {
	tests := []struct {
		name, contentType string
		encrypted, signed bool
	}{
		{"plain", "text/plain", false, false},
		{"OpenPGP encrypted", `multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b`, true, false},
		{"signed", "multipart/signed; boundary=b", false, true},
		{"S/MIME encrypted", "application/pkcs7-mime; smime-type=enveloped-data", true, false},
		{"S/MIME opaque signature", "application/x-pkcs7-mime; smime-type=Signed-Data", false, true},
		{"S/MIME that does not say", "application/pkcs7-mime", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := "Content-Type: " + tt.contentType + "\n"
			for from, item := range map[string]rules.Item{"header": fromHeader(header).Item, "structure": fileFacts(t, header+"\n--b\n\nx\n--b--\n")} {
				if item.Encrypted != tt.encrypted || item.Signed != tt.signed {
					t.Errorf("from the %s: encrypted %v, signed %v", from, item.Encrypted, item.Signed)
				}
			}
		})
	}
}

// TestStructureOfAServer: BODYSTRUCTURE and a file of the same message give the
// same facts.
func TestStructureOfAServer(t *testing.T) {
	server := &imap.BodyStructureMultiPart{Subtype: "MIXED", Children: []imap.BodyStructure{
		&imap.BodyStructureSinglePart{Type: "TEXT", Subtype: "PLAIN", Encoding: "7bit", Size: 5},
		&imap.BodyStructureSinglePart{
			Type: "APPLICATION", Subtype: "PDF", Encoding: "BASE64", Size: 4,
			Extended: &imap.BodyStructureSinglePartExt{Disposition: &imap.BodyStructureDisposition{
				Value: "ATTACHMENT", Params: map[string]string{"filename*": "utf-8''%C3%BC.pdf"},
			}},
		},
	}}
	got, poison := structureShape(server)
	want := fileFacts(t, ofParts("\nHello", "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename*=utf-8''%C3%BC.pdf\n\nQUJD"))
	if diff := cmp.Diff(want.Files, got.files, cmp.AllowUnexported(rules.Text{})); diff != "" || poison != "" {
		t.Errorf("%s -file +server:\n%s", poison, diff)
	}
}

func TestStructureOfAServerBeyondTheLimits(t *testing.T) {
	leaf := &imap.BodyStructureSinglePart{Type: "text", Subtype: "plain"}
	deep := imap.BodyStructure(leaf)
	for range maxDepth + 5 {
		deep = &imap.BodyStructureMultiPart{Subtype: "mixed", Children: []imap.BodyStructure{deep}}
	}
	wide := &imap.BodyStructureMultiPart{Subtype: "mixed"}
	for range 200_000 {
		wide.Children = append(wide.Children, leaf)
	}
	for want, structure := range map[string]imap.BodyStructure{poisonDepth: deep, poisonParts: wide} {
		msg := testIdentity.message(rawMessage{Header: []byte(typicalHeader), Structure: structure}, rules.Needs{})
		inBounds(t, msg)
		if msg.Poison != want {
			t.Errorf("poison %q, want %q", msg.Poison, want)
		}
	}
}
