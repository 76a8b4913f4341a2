package google

import (
	"context"
	"errors"
	"io/fs"

	"github.com/zalando/go-keyring"
)

// keyringService is the name under which keyrings show our entries.
const keyringService = "foredesk google"

// inKeyring is the name of an entry in the keyring of the operating system: the
// Secret Service of a Linux desktop, the Keychain of macOS, the Credential Manager
// of Windows.
type inKeyring string

func (inKeyring) String() string { return "the keyring" }

func (p inKeyring) read(ctx context.Context) ([]byte, error) {
	var text string
	err := patiently(ctx, func() (err error) {
		text, err = keyring.Get(keyringService, string(p))
		return err
	})
	if err != nil {
		return nil, err
	}
	return []byte(text), nil
}

func (p inKeyring) write(ctx context.Context, data []byte) error {
	return patiently(ctx, func() error { return keyring.Set(keyringService, string(p), string(data)) })
}

func (p inKeyring) remove(ctx context.Context) error {
	err := patiently(ctx, func() error { return keyring.Delete(keyringService, string(p)) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// patiently waits for the keyring, which may be asking a person to unlock it, until
// ctx ends. The call itself can't be ended: what it does then, nobody looks at.
func patiently(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		if errors.Is(err, keyring.ErrNotFound) {
			return fs.ErrNotExist
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
