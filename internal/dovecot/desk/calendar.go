package desk

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"

	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/google"
)

// robot is the service account that acts for the executive.
const robot = "desk@project.example"

// SignIn lets foredesk act on a calendar with the key of a service account, which is in
// client.json then: the credentials_file of foredesk.yaml.
func (d *Desk) SignIn(cal *gcal.Server, key *rsa.PrivateKey) {
	d.tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		d.tb.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{
		"type": "service_account", "client_email": robot, "private_key_id": "1", "token_uri": cal.TokenURL(),
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		d.tb.Fatal(err)
	}
	d.write("client.json", string(text))
	cal.AddServiceAccount(robot, &key.PublicKey, google.ScopeEvents, google.ScopeList, google.ScopeFreeBusy)
}
