// The program behind "make faults": it runs the tests that say that they inject a
// fault, and prints the table of internal/faults as they left it. It fails where
// something did not hold, where a row has no test, and where a test was skipped.
//
// With -only PACKAGES (such as mail,store) it runs those alone. With -page it runs
// nothing and writes the tables of doc/guarantees.md anew.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"slices"
	"strings"

	"github.com/foredesk/foredesk/internal/faults"
)

const (
	module = "github.com/foredesk/foredesk"
	page   = "doc/guarantees.md"
)

func main() {
	only := flag.String("only", "", "run these packages alone, by the last part of their names, with commas between them")
	timeout := flag.String("timeout", "30m", "for the tests of one package")
	write := flag.Bool("page", false, "run nothing, write the tables of "+page)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	do := func() error { return run(ctx, *only, *timeout) }
	if *write {
		do = rewrite
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func rewrite() error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	written, err := faults.Page(".", string(text))
	if err != nil {
		return err
	}
	return os.WriteFile(page, []byte(written), 0o644)
}

func run(ctx context.Context, only, timeout string) error {
	places, err := faults.Find(".")
	if err != nil {
		return err
	}
	if only != "" {
		wanted := strings.Split(only, ",")
		places = slices.DeleteFunc(places, func(p faults.Place) bool { return !slices.Contains(wanted, path.Base(p.Package)) })
	}
	report := faults.NewReport(module)
	for _, pkg := range packages(places) {
		fmt.Fprintln(os.Stderr, "testing", pkg)
		if err := test(ctx, report, pkg, faults.Pattern(places, pkg), timeout); err != nil {
			return err
		}
	}
	if err := report.Print(os.Stdout, only == ""); err != nil {
		return err
	}
	if wrong := report.Wrong(places, only == ""); len(wrong) > 0 {
		return fmt.Errorf("\n%s\n%d things do not hold", strings.Join(wrong, "\n"), len(wrong))
	}
	return nil
}

func packages(places []faults.Place) (all []string) {
	for _, p := range places {
		all = append(all, p.Package)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// test runs what a pattern matches in one package. That tests fail is in the report,
// and no error.
func test(ctx context.Context, report *faults.Report, pkg, pattern, timeout string) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-timeout", timeout, "-run", pattern, "./"+pkg)
	cmd.Stderr = os.Stderr
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return fmt.Errorf("testing %s: %w", pkg, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return report.Read(&out)
}
