package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Rules that come to their place in a way of which the system tells nothing are followed
// at the next look; and so is what is saved there from then on, without one.
func TestRulesThatAreDeployedAreFollowed(t *testing.T) {
	for how, way := range map[string]struct{ before, deploy func(spot) }{
		"the folder is replaced": {
			func(at spot) { at.folder("conf", fileRules) },
			func(at spot) {
				at.must(os.Rename(at.path("conf"), at.path("before")))
				at.folder("conf", rulesTo("Deployed"))
			},
		},
		"the folder is deleted and made anew": {
			func(at spot) { at.folder("conf", fileRules) },
			func(at spot) {
				at.must(os.RemoveAll(at.path("conf")))
				at.folder("conf", rulesTo("Deployed"))
			},
		},
		"a link to the folder is replaced": {
			func(at spot) {
				at.folder("one", fileRules)
				at.folder("two", rulesTo("Deployed"))
				at.link("one", "conf")
			},
			func(at spot) { at.link("two", "conf") },
		},
		"a link on the way to the file is replaced, as Kubernetes does": {
			func(at spot) {
				at.must(os.Mkdir(at.path("conf"), 0o700))
				at.folder("conf/..one", fileRules)
				at.folder("conf/..two", rulesTo("Deployed"))
				at.link("..one", "conf/..data")
				at.link("..data/rules.yaml", "conf/rules.yaml")
			},
			func(at spot) { at.link("..two", "conf/..data") },
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			in := install(t, startOffice(t, officeOptions{}), fileRules)
			at := spot{in}
			way.before(at)
			at.edit("foredesk.yaml", "rules: rules.yaml", "rules: conf/rules.yaml")
			d, look := at.follow()
			way.deploy(at)
			look <- time.Now()
			at.followed(d, "Deployed")
			at.must(os.Remove(at.path("conf/rules.yaml")))
			at.keep("conf/rules.yaml", rulesTo("Saved"))
			at.followed(d, "Saved")
		})
	}
}

// A file behind a link that lies elsewhere is followed when it is saved there.
func TestRulesBehindALinkAreFollowed(t *testing.T) {
	in := install(t, startOffice(t, officeOptions{}), fileRules)
	at := spot{in}
	at.folder("elsewhere", fileRules)
	at.link("elsewhere/rules.yaml", "rules.yaml")
	d, look := at.follow()
	at.keep("elsewhere/rules.yaml", rulesTo("Deployed"))
	look <- time.Now()
	at.followed(d, "Deployed")
}

// rulesTo file into a folder.
func rulesTo(folder string) string {
	return strings.Replace(fileRules, "file: Board", "file: "+folder, 1)
}

// spot is where the rules of an installation are deployed.
type spot struct{ *installation }

func (at spot) path(name string) string { return filepath.Join(at.dir, name) }

func (at spot) must(err error) {
	at.Helper()
	if err != nil {
		at.Fatal(err)
	}
}

// folder makes one that holds rules.
func (at spot) folder(name, rules string) {
	at.Helper()
	at.must(os.Mkdir(at.path(name), 0o700))
	at.keep(name+"/rules.yaml", rules)
}

// link puts a link in the place of what is there, in one step.
func (at spot) link(to, name string) {
	at.Helper()
	at.must(errors.Join(os.Symlink(to, at.path("link")), os.Rename(at.path("link"), at.path(name))))
}

func (at spot) edit(name, old, replacement string) {
	at.Helper()
	text, err := os.ReadFile(at.path(name))
	at.must(err)
	at.keep(name, strings.Replace(string(text), old, replacement, 1))
}

// follow follows the rules until the test ends; what is sent to look makes them be looked
// at again. They are watched when it returns: what was saved just before is followed then.
func (at spot) follow() (*desk, chan<- time.Time) {
	at.Helper()
	c := &command{configFile: at.path("foredesk.yaml")}
	desks, closeAll, err := c.open(at.Context(), slog.New(slog.DiscardHandler))
	at.must(err)
	ctx, cancel := context.WithCancel(at.Context())
	ended := make(chan error, 1)
	look := make(chan time.Time)
	at.must(os.WriteFile(desks[0].Rules, []byte(rulesTo("Before")), 0o600))
	go func() { ended <- followFiles(ctx, desks, nil, look) }()
	at.Cleanup(func() {
		cancel()
		at.must(<-ended)
		closeAll()
	})
	at.followed(desks[0], "Before")
	return desks[0], look
}

// followed waits until rules act that file into a folder.
func (at spot) followed(d *desk, folder string) {
	at.Helper()
	text := ""
	for range ticks(patience) {
		d.turning.Lock()
		source, _ := d.set.Source()
		d.turning.Unlock()
		if text = string(source); strings.Contains(text, "file: "+folder) {
			return
		}
	}
	at.Fatalf("the rules that act are still\n%s", text)
}
