// Package e2e is the acceptance test: the foredesk binary sorts a large mailbox
// on a real Dovecot, and every message is compared with an oracle that knows
// neither our parser of mail nor our rules. sort_test.go lets it work and takes
// the work back; kill_test.go kills it at many moments. letters_test.go has it write
// to the executive and answers; injection_test.go lets a stranger and a language model
// try to change what is written.
//
// It works on 2,000 messages and kills at 10 moments; if FOREDESK_CI is 1, on
// 10,000 and at 50, which takes minutes. FOREDESK_E2E_MESSAGES and
// FOREDESK_E2E_KILLS say otherwise.
package e2e
