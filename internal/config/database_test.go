package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

const databaseYAML = `version: 1
database: "$DATABASE"
accounts:
  - name: dana
    address: dana@acme.example
    timezone: Europe/London
    rules: rules.yaml
    imap: {host: imap.example.com, user: dana, password_file: secret}
`

// A password and the facts of mail go to another machine only over TLS that is
// verified, host name and all.
func TestADatabaseElsewhereIsVerified(t *testing.T) {
	const unverified = "does not ask that its certificate is verified"
	t.Setenv("PGSERVICE", "")
	for place, wrong := range map[string]string{
		"postgres://u@db.example.com/d?sslmode=verify-full": "",
		"postgres://u@/d":                                        "",
		"postgres://u@/d?host=/run/postgresql":                   "",
		"postgres://u@localhost/d":                               "",
		"postgres://u@[::1]:5433/d?sslmode=disable":              "",
		"postgres://u@127.0.0.1,localhost/d":                     "",
		"postgres://u@db.example.com/d":                          unverified,
		"postgres://u@db.example.com/d?sslmode=prefer":           unverified,
		"postgres://u@db.example.com/d?sslmode=require":          unverified,
		"postgres://u@db.example.com/d?sslmode=verify-ca":        unverified,
		"postgres://u@db.example.com/d?sslmode=disable":          unverified,
		"postgres://u@db.example.com/d?SSLMODE=verify-full":      unverified,
		"postgres://u@localhost,db.example.com/d":                unverified,
		"postgres://u@/d?host=db.example.com":                    unverified,
		"postgres://u@localhost/d?host=localhost,db.example.com": unverified,
		"postgres://u@localhost.example.com/d":                   unverified,
		"postgres://u@/d?service=prod":                           unverified,
		"postgres://u@localhost/d?service=prod":                  unverified,
		"postgres://u@/d?servicefile=/etc/services.conf":         unverified,
		"postgres://u@/d?service=prod&sslmode=require":           unverified,
		"postgres://u@/d?service=prod&sslmode=verify-full":       "",
	} {
		loadedOrRefused(t, place, wrong)
		if wrong != "" {
			faulttest.Injected(t, "S2", 1)
		}
	}
	t.Setenv("PGHOST", "db.example.com")
	loadedOrRefused(t, "postgres://u@/d", unverified)
	t.Setenv("PGHOST", "")
	t.Setenv("PGSERVICE", "prod")
	loadedOrRefused(t, "postgres://u@/d", unverified)
	loadedOrRefused(t, "postgres://u@/d?sslmode=verify-full", "")
	loadedOrRefused(t, "postgres://u@localhost/d", "")
	loadedOrRefused(t, "postgres://u@/d?host=/run/postgresql", "")
}

func TestAPassfileOfOthersIsRefused(t *testing.T) {
	t.Setenv("PGHOST", "")
	pass := filepath.Join(t.TempDir(), "pgpass")
	write(t, pass, "*:*:*:*:CANARY\n", 0o640)
	loadedOrRefused(t, "postgres://u@/d?passfile="+pass, "run: chmod 600 "+pass)
	faulttest.Injected(t, "S1", 1)
}

// loadedOrRefused loads a configuration with this database.
func loadedOrRefused(t *testing.T, place, wrong string) {
	t.Helper()
	dir := folder(t)
	path := filepath.Join(dir, "foredesk.yaml")
	write(t, path, strings.Replace(databaseYAML, "$DATABASE", place, 1), 0o600)
	_, err := Load(path)
	if wrong == "" && err != nil || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), "CANARY")) {
		t.Errorf("%s: %v", place, err)
	}
}
