// Package soak lets the foredesk binary work for long and in bad company, on a
// real Dovecot behind lines that break (internal/badline).
//
//	make soak
//	FOREDESK_SOAK=10m go test -v -timeout 30m ./internal/soak
//
// TestSoak (soak_test.go) delivers steady mail while connections are cut, silent
// and slow, the server starts anew and rules are edited (trouble_test.go); it then
// says what was lost, which must be nothing, and how memory and goroutines have
// grown. It takes the time that FOREDESK_SOAK says, an hour by "make soak"; without
// that it is left out, but for 40 seconds where FOREDESK_CI is 1.
//
// TestTenOfFiftyAccountsMisbehave (fifty_test.go) compares how soon the mail of
// forty accounts is filed with and without ten others that misbehave. Both work
// with the process of office_test.go.
package soak
