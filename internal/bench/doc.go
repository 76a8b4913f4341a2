// Package bench measures foredesk on a real Dovecot beside other ways of doing
// the same work, and prints ratios of one run, which a slow or busy machine
// changes less than times. It has benchmarks only; what they need is Dovecot and
// imapfilter.
//
//	make bench
//	FOREDESK_BENCH_MESSAGES=100000 make bench
//	FOREDESK_BENCH_IMAPFILTER_MANUAL=1 make bench
//
// BenchmarkApply (apply_test.go) sorts a full mailbox; BenchmarkDeliveryToFiled
// (latency_test.go) measures how soon new mail is where it belongs. The rules
// themselves are measured by BenchmarkPlan in package rules.
package bench
