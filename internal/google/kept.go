package google

import (
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// kept is what a sign-in leaves for later runs. The access token is not among it:
// it lives for an hour, and the refresh token makes another.
type kept struct {
	client   string // the id of the client that was given consent; no other may use the token
	address  string // whose account it is; empty where that could not be known
	scopes   []string
	refresh  secret
	signedIn time.Time
	expires  time.Time // of the refresh token; zero where it has no end, as usual
}

// keptForm is how kept is written.
type keptForm struct {
	Version  int       `json:"version"`
	Client   string    `json:"client_id"`
	Address  string    `json:"address,omitempty"`
	Scopes   []string  `json:"scopes"`
	Refresh  string    `json:"refresh_token"`
	SignedIn time.Time `json:"signed_in"`
	Expires  time.Time `json:"expires,omitzero"`
}

const keptVersion = 1

func (k *kept) encode() ([]byte, error) {
	return json.MarshalIndent(keptForm{keptVersion, k.client, k.address, k.scopes, k.refresh.reveal(), k.signedIn.UTC(), k.expires.UTC()}, "", "  ")
}

// decodeKept reads what encode wrote. Its errors say nothing of what is in data.
func decodeKept(data []byte) (*kept, error) {
	var f keptForm
	switch err := json.Unmarshal(data, &f); {
	case err != nil:
		return nil, errors.New("it is not what foredesk wrote")
	case f.Version != keptVersion:
		return nil, errors.New("it is of another version of foredesk")
	case f.Refresh == "" || f.Client == "":
		return nil, errors.New("it holds no refresh token")
	}
	return &kept{f.Client, f.Address, f.Scopes, keep(f.Refresh), f.SignedIn, f.Expires}, nil
}

// lacks returns the scopes that are wanted and were not given.
func (k *kept) lacks(wanted []string) (missing []string) {
	for _, scope := range wanted {
		if !slices.Contains(k.scopes, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}

// notice is how long before its end a refresh token is worth a warning. Those of a
// client in "testing" status live for seven days, so it comes on the fifth.
const notice = 48 * time.Hour

// ending reports whether a person has to sign in again soon.
func (k *kept) ending(now time.Time) bool {
	return !k.expires.IsZero() && now.After(k.expires.Add(-notice))
}
