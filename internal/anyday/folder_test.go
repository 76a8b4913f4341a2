package anyday

import (
	"slices"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
)

// otherName is what a person calls a folder for a while.
const otherName = "Kept"

// theirFolder is one that a person may rename or delete.
func theirFolder(m moment) string { return places[1+m.Which%(len(places)-1)] }

// renamesFolder renames a folder, and later back, unless a rule has made another with
// the old name by then.
func (w *world) renamesFolder(m moment) {
	if m.Way%3 == 0 {
		w.stop()
	}
	p := w.person()
	defer p.Close()
	folder := theirFolder(m)
	if !p.renames(folder, otherName) {
		return
	}
	if m.Way%2 == 0 {
		w.start()
		w.mailComes(m)
	}
	w.pause(time.Duration(m.Way*5) * time.Millisecond)
	if p.renames(otherName, folder) {
		return
	}
	for _, s := range p.lookInto(otherName) { // there are two now: into the new one with the old one's mail
		p.move(s, folder)
	}
	p.must(p.Unselect().Wait())
	p.must(p.Delete(otherName).Wait())
}

func (p *person) renames(from, to string) bool {
	p.Helper()
	begun := time.Now()
	if err := p.Rename(from, to, nil).Wait(); err != nil {
		p.note("a person can not rename %s to %s: %v", from, to, err)
		return false
	}
	p.counts["13"]++
	p.note("a person renames %s to %s", from, to)
	ended := time.Now()
	for _, s := range p.lookInto(to) {
		p.did(s, act{"place", to, begun, ended})
	}
	p.must(p.Unselect().Wait())
	return true
}

// deletesFolder deletes a folder with what is in it, and mostly makes it again. What a
// rule files to it in that moment is deleted with it.
func (w *world) deletesFolder(m moment) {
	if m.Way%3 == 0 {
		w.stop()
	}
	p := w.person()
	defer p.Close()
	folder := theirFolder(m)
	begun := time.Now()
	if err := p.Delete(folder).Wait(); err != nil {
		p.note("a person can not delete %s: %v", folder, err)
		return
	}
	w.counts["13"]++
	w.note("a person deletes %s, after %v", folder, time.Since(begun))
	if m.Way%4 > 0 {
		if err := p.Create(folder, nil).Wait(); err != nil {
			w.note("foredesk was quicker to make %s again: %v", folder, err)
		}
	}
}

// renumbers gives a folder a new UIDVALIDITY, as a restored backup does.
func (w *world) renumbers(m moment) {
	switch m.Way % 4 {
	case 0:
		w.stop()
	case 1:
		w.mailComes(m)
	case 2:
		w.movesMail(m)
	}
	folder := places[m.Which%len(places)]
	if m.Which%2 == 0 {
		folder = "INBOX"
	}
	p := w.person()
	defer p.Close()
	list, err := p.List("", folder, nil).Collect()
	w.must(err)
	if len(list) == 0 {
		return // a person has deleted it
	}
	w.validity++
	w.renumbered = append(w.renumbered, time.Now())
	w.renewed = append(w.renewed, folder)
	w.counts["12"]++
	w.note("%s is renumbered: %d", folder, w.validity)
	w.server.Doveadm("mailbox", "update", "-u", w.user, "--uid-validity", strconv.Itoa(w.validity), folder)
	if m.Way%4 == 0 {
		w.mailComes(m)
	}
}

// marksMail marks a message deleted and, some time later, expunges what is marked: it
// is theirs to do, also where foredesk is at work on it. Where messages can not be
// expunged by name, a mark is what foredesk itself leaves behind.
func (w *world) marksMail(m moment) {
	if w.kind.mail == bare {
		w.deletesMail(m)
		return
	}
	p := w.person()
	defer p.Close()
	s, ok := p.choose(m.Which, isMail)
	if !ok {
		return
	}
	p.open(s.folder)
	mark := imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	p.must(p.Store(imap.UIDSetNum(s.uid), &mark, nil).Close())
	s.touched = true
	w.note("a person marks %d in %s deleted", s.n, s.folder)
	w.happenAgain(m)
	p.must(p.Close())
	p = w.person()
	defer p.Close()
	left := p.look()
	if i := slices.IndexFunc(left, func(o seen) bool { return o.n == s.n && o.folder != copies }); i < 0 {
		w.Errorf("delivery %d was only marked deleted, and is gone", s.n)
	} else {
		p.remove(left[i])
	}
}

// happenAgain lets something befall foredesk.
func (w *world) happenAgain(m moment) {
	switch m.Way % 5 {
	case 0:
		w.killed(m)
		w.start()
	case 1:
		w.connectionsEnd(m)
	case 2:
		w.mailComes(m)
	case 3:
		w.takesBack(moment{Which: m.Which, Way: m.Way + 1})
		w.start()
	default:
		w.pause(time.Duration(m.Which*10) * time.Millisecond)
	}
}
