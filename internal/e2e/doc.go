// Package e2e is the acceptance test: the foredesk binary sorts a large mailbox
// on a real Dovecot, and every message is compared with an oracle that knows
// neither our parser of mail nor our rules. sort_test.go lets it work and takes
// the work back; kill_test.go kills it at many moments.
//
// It works on 2,000 messages, on 10,000 if FOREDESK_CI is 1, and on
// FOREDESK_E2E_MESSAGES if that is set.
package e2e
