// The program behind "make faults": it runs the tests that say that they inject a
// fault, and prints the table of internal/faults as they left it. It fails where
// something did not hold, where a row has no test, and where a test was skipped.
//
// With -all it runs every test of the tree instead, with the race detector, as
// continuous integration does. With -only PACKAGES (such as mail,store) it runs the
// tests of those packages alone that inject faults. With -page it runs nothing and
// writes the tables of doc/guarantees.md anew.
package main

import (
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
	all := flag.Bool("all", false, "run every test, with the race detector")
	only := flag.String("only", "", "run these packages alone, by the last part of their names, with commas between them")
	timeout := flag.String("timeout", "30m", "for the tests of one package")
	write := flag.Bool("page", false, "run nothing, write the tables of "+page)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	do := func() error { return run(ctx, *all, *only, "-timeout="+*timeout) }
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

func run(ctx context.Context, all bool, only, timeout string) error {
	places, err := faults.Find(".")
	if err != nil {
		return err
	}
	if only != "" {
		wanted := strings.Split(only, ",")
		places = slices.DeleteFunc(places, func(p faults.Place) bool { return !slices.Contains(wanted, path.Base(p.Package)) })
	}
	report := faults.NewReport(module, os.Stderr)
	if all {
		err = test(ctx, report, timeout, "-race", "./...")
	} else {
		err = testPlaces(ctx, report, places, timeout)
	}
	if err != nil {
		return err
	}
	if err := report.Print(os.Stdout, only == ""); err != nil {
		return err
	}
	if wrong := report.Wrong(places, only == ""); len(wrong) > 0 {
		return fmt.Errorf("\n%s\n%d things do not hold", strings.Join(wrong, "\n"), len(wrong))
	}
	return nil
}

// testPlaces runs the tests that inject something, one package after the other: each
// has the machine to itself.
func testPlaces(ctx context.Context, report *faults.Report, places []faults.Place, timeout string) error {
	for _, pkg := range packages(places) {
		if err := test(ctx, report, timeout, "-count=1", "-run="+faults.Pattern(places, pkg), "./"+pkg); err != nil {
			return err
		}
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

// test runs go test. That tests fail is in the report, and no error.
func test(ctx context.Context, report *faults.Report, args ...string) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("go test %v: %w", args, err)
	}
	read := report.Read(out)
	if read != nil {
		giveUp() // nobody reads what it goes on to write
	}
	err = cmd.Wait()
	if failed := (*exec.ExitError)(nil); read == nil && err != nil && !errors.As(err, &failed) {
		return fmt.Errorf("go test %v: %w", args, err)
	}
	return read
}
