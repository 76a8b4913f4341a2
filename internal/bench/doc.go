// Package bench measures foredesk beside other ways of doing the same work, and
// prints ratios of one run, which a slow or busy machine changes less than times.
// Mail is measured on a real Dovecot, which has to be installed, as imapfilter;
// the calendar on our own server.
//
//	make bench
//	FOREDESK_BENCH_MESSAGES=100000 make bench
//	FOREDESK_BENCH_IMAPFILTER_MANUAL=1 make bench
//
// BenchmarkApply (apply_test.go) sorts a full mailbox; BenchmarkBodies
// (body_test.go) reads all texts of one; BenchmarkDeliveryToFiled
// (latency_test.go) measures how soon new mail is where it belongs.
// BenchmarkCalendar (calendar_test.go) follows a busy year (year_test.go) in a
// process of its own (child_test.go); how many requests that may take is a test,
// too. The rules themselves are measured by BenchmarkPlan and BenchmarkDays in
// package rules.
package bench
