package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// Which message of the journal is it that lies in a folder? The same content may come
// again, be brought back by a person, or be our own effect.

// identify decides which items of the journal the messages of a batch are, and which are
// to be handled; known are items with their content. A message that is new is. One that
// was handled before and lies here again is left alone, unless apply was asked to go over
// it: then it gets what it has not had yet. A second delivery of the same content is an
// item of its own. Where one of several was handled before, or brought back, it is the one
// that was received first.
func (w *work) identify(ctx context.Context, messages []judged, known map[string][]store.Item) error {
	unplaced := map[string][]*judged{} // by key, those that an item without a place in this folder may be
	for i := range messages {
		m := &messages[i]
		if _, ok := inPlace(m.Place, known[m.Key]); !ok && len(unplacedIn(m.Place, known[m.Key])) > 0 {
			unplaced[m.Key] = append(unplaced[m.Key], m)
		}
	}
	if err := w.placeAgain(ctx, unplaced, known); err != nil {
		return err
	}
	var rest []*judged
	for i := range messages {
		m := &messages[i]
		if it, ok := inPlace(m.Place, known[m.Key]); ok {
			m.Item, m.handle = it, !w.live && it.ID != 0
			known[m.Key] = remember(known[m.Key], it)
		} else {
			rest = append(rest, m)
		}
	}
	slices.SortFunc(rest, byUID)
	slices.SortStableFunc(rest, byReceived)
	for _, m := range rest {
		it, handle, err := w.elsewhere(ctx, m, known[m.Key])
		if err != nil {
			return err
		}
		m.Item, m.handle = it, handle
		known[m.Key] = remember(known[m.Key], it)
	}
	return nil
}

// placeAgain notes where the items lie that are in the folder of messages by the journal,
// without a UID that is good there: of the messages with their content, they are those
// that were received first.
func (w *work) placeAgain(ctx context.Context, unplaced map[string][]*judged, known map[string][]store.Item) error {
	var lost []store.Item
	for key, same := range unplaced {
		lost = append(lost, unplacedIn(same[0].Place, known[key])...)
	}
	moving, err := w.moving(ctx, lost)
	if err != nil {
		return err
	}
	for key, same := range unplaced {
		items := unplacedIn(same[0].Place, known[key])
		for i, m := range firstReceived(same, len(items)) {
			if moving[items[i].ID] {
				return w.unsettled(items[i], m.Place)
			}
			items[i].Place = m.Place
			known[key] = remember(known[key], items[i])
		}
	}
	return nil
}

// moving are those of items, by their number, of which a move was begun, and may have been
// done.
func (w *work) moving(ctx context.Context, items []store.Item) (map[int64]bool, error) {
	if len(items) == 0 {
		return nil, nil
	}
	begun, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: idsOf(items), States: []store.State{store.Started}})
	moving := map[int64]bool{}
	for _, s := range begun {
		moving[s.Item.ID] = moving[s.Item.ID] || s.Op.Kind == mailbox.Move
	}
	return moving, err
}

// firstReceived are the n messages that were received first, in the order of their UIDs.
func firstReceived(messages []*judged, n int) []*judged {
	first := slices.SortedStableFunc(slices.Values(messages), byReceived)
	first = first[:min(n, len(first))]
	slices.SortFunc(first, byUID)
	return first
}

func byReceived(a, b *judged) int { return a.received.Compare(b.received) }

func byUID(a, b *judged) int { return cmp.Compare(a.Place.UID, b.Place.UID) }

// remember notes which item a message of the batch is, so that the next one with
// the same content is taken for another.
func remember(known []store.Item, item store.Item) []store.Item {
	for i := range known {
		if known[i].ID == item.ID && item.ID != 0 {
			known[i] = item
			return known
		}
	}
	return append(known, item)
}

// inPlace returns the item that lies in a place by the journal.
func inPlace(place mailbox.Ref, known []store.Item) (store.Item, bool) {
	i := slices.IndexFunc(known, func(it store.Item) bool { return it.Place == place })
	if i < 0 {
		return store.Item{}, false
	}
	return known[i], true
}

// unplacedIn returns the items that lie in the folder of a place by the journal, without
// a UID that is good there: they were moved by us where the server does not tell UIDs, or
// the folder was renumbered. New UIDs go up as the old ones did, so they are in the order
// of those.
func unplacedIn(place mailbox.Ref, known []store.Item) (items []store.Item) {
	for _, it := range known {
		unplaced := it.Place.UID == 0 || it.Place.UIDValidity != place.UIDValidity
		if it.ID != 0 && it.Place.Folder == place.Folder && unplaced {
			items = append(items, it)
		}
	}
	slices.SortStableFunc(items, func(a, b store.Item) int { return cmp.Compare(a.Place.UID, b.Place.UID) })
	return items
}

// elsewhere decides about a message whose content the journal knows in another
// place, or nowhere: it is our own effect, it came back, or it is a delivery of its own.
func (w *work) elsewhere(ctx context.Context, m *judged, known []store.Item) (store.Item, bool, error) {
	fresh := m.Item
	if len(known) == 0 {
		return fresh, true, nil
	}
	for _, it := range known {
		fresh.Occurrence = max(fresh.Occurrence, it.Occurrence+1)
	}
	acts, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: idsOf(known), States: []store.State{store.Planned, store.Started, store.Done}})
	if err != nil {
		return fresh, false, err
	}
	all := twins{known, slices.DeleteFunc(acts, func(s store.Step) bool {
		return s.State == store.Planned && s.NotBefore.After(w.now()) // its time is still to come
	})}
	for _, it := range known {
		if all.madeOf(it, m) {
			return it, false, nil
		}
		if err := w.stillThere(ctx, it, m.Place, all); err != nil {
			return it, false, err
		}
	}
	for _, it := range known {
		if all.moving(it) || it.ID == 0 || it.Place.Folder == m.Place.Folder && w.hasMet(it.Place.UID) {
			continue // that one is another message
		}
		there, err := w.exists(ctx, it, all)
		if err != nil {
			return it, false, err
		}
		if there {
			continue
		}
		now, err := w.Journal.Lookup(ctx, w.Name, []string{m.Key})
		if err != nil {
			return it, false, err
		}
		if hasMoved(it, now[m.Key]) {
			return w.anew(ctx, m, now[m.Key]) // by us, while we looked
		}
		if err := w.reversed(ctx, it, m.Place); err != nil {
			return it, false, err
		}
		it.Place = m.Place
		return it, !w.live, nil
	}
	return fresh, true, nil
}

// anew decides about a message once more, as the journal has moved on.
func (w *work) anew(ctx context.Context, m *judged, known []store.Item) (store.Item, bool, error) {
	it, ok := inPlace(m.Place, known)
	if items := unplacedIn(m.Place, known); !ok && len(items) > 0 {
		it, ok = items[0], true
		if moving, err := w.moving(ctx, items); err != nil || moving[it.ID] {
			return it, false, cmp.Or(err, w.unsettled(it, m.Place))
		}
		it.Place = m.Place
	}
	if ok {
		return it, !w.live && it.ID != 0, nil
	}
	return w.elsewhere(ctx, m, known)
}

// stillThere fails where an item whose move was begun, and may have been done, has left
// its place.
func (w *work) stillThere(ctx context.Context, it store.Item, other mailbox.Ref, all twins) error {
	if !slices.ContainsFunc(all.movesOf(it), func(s store.Step) bool { return s.State == store.Started }) {
		return nil
	}
	there, err := w.exists(ctx, it, all)
	if err == nil && !there {
		err = w.unsettled(it, other)
	}
	return err
}

// unsettled says that a message like an item whose move was begun may be another, or
// the same one, be it that a person has put it back. That can be told once it is known
// what became of the move, and until then is trouble that passes.
func (w *work) unsettled(it store.Item, other mailbox.Ref) error {
	return onServer(fmt.Errorf("uid %d in %q may be message %d, of which a move was begun: it is looked first what became of that", other.UID, w.inLog(other.Folder), it.ID))
}

// hasMet reports whether the scan has met a UID in its folder.
func (w *work) hasMet(uid uint32) bool {
	_, met := slices.BinarySearch(w.met, uid)
	return met
}

func idsOf(items []store.Item) []int64 {
	ids := make([]int64, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	return ids
}

// twins are the items that have one content, with the steps of theirs that are done or
// whose time has come.
type twins struct {
	items []store.Item
	acts  []store.Step
}

// madeOf reports whether a message is what our steps made of an item: a copy of it, or
// itself on its way to the message's folder.
func (t twins) madeOf(it store.Item, m *judged) bool {
	return slices.ContainsFunc(t.acts, func(s store.Step) bool {
		switch {
		case s.Item.ID != it.ID, s.Op.Kind != mailbox.Copy && s.Op.Kind != mailbox.Move:
			return false
		case s.State != store.Done:
			return s.Op.To == m.Place.Folder || roleOf[s.Op.To] == m.role && m.role != ""
		}
		return s.Op.Kind == mailbox.Copy && s.At.Folder == m.Place.Folder &&
			(s.At.UID == m.Place.UID || s.At.UID == 0 || s.At.UIDValidity != m.Place.UIDValidity)
	})
}

// movesOf are the moves of an item that are not done yet.
func (t twins) movesOf(it store.Item) []store.Step {
	return slices.DeleteFunc(slices.Clone(t.acts), func(s store.Step) bool {
		return s.Item.ID != it.ID || s.Op.Kind != mailbox.Move || s.State == store.Done
	})
}

func (t twins) moving(it store.Item) bool { return len(t.movesOf(it)) > 0 }

// in are the places in a folder in which they lie by the journal, and those of the
// copies that were made of them.
func (t twins) in(folder string) (places []mailbox.Ref) {
	for _, it := range t.items {
		places = append(places, it.Place)
	}
	for _, s := range t.acts {
		if s.Op.Kind == mailbox.Copy && s.State == store.Done {
			places = append(places, s.At)
		}
	}
	return slices.DeleteFunc(places, func(place mailbox.Ref) bool { return place.Folder != folder })
}

// hasMoved reports whether the journal has an item in another place by now.
func hasMoved(it store.Item, now []store.Item) bool {
	return slices.ContainsFunc(now, func(other store.Item) bool { return other.ID == it.ID && other.Place != it.Place })
}

// exists looks whether an item still lies where the journal believes it. Where the server
// has not told its UID, its twins can't be told from it: it has gone where fewer of them
// lie there than the journal believes to.
func (w *work) exists(ctx context.Context, it store.Item, all twins) (bool, error) {
	q := mailbox.Query{Keys: []string{it.Key}, MessageIDs: []string{it.MessageID}}
	if it.Place.UID != 0 {
		q = mailbox.Query{UIDs: []uint32{it.Place.UID}}
	}
	var lie []mailbox.Ref
	err := w.session.Scan(ctx, it.Place.Folder, q, func(_ context.Context, b mailbox.Batch) error {
		for _, m := range b.Messages {
			if m.Key == it.Key {
				lie = append(lie, m.Ref)
			}
		}
		return nil
	})
	if err != nil {
		return false, onServer(w.about(fmt.Sprintf("looking for message %d in", it.ID), it.Place.Folder, err))
	}
	if it.Place.UID != 0 || len(lie) == 0 {
		return len(lie) > 0, nil
	}
	validity, unplaced := lie[0].UIDValidity, 0 // it is one of those
	for _, place := range all.in(it.Place.Folder) {
		known := place.UID != 0 && (place.UIDValidity == validity || place.UIDValidity == 0)
		if !known {
			unplaced++
			continue
		}
		lie = slices.DeleteFunc(lie, func(ref mailbox.Ref) bool { return ref.UID == place.UID })
	}
	return len(lie) >= unplaced, nil
}

// reversed writes down that a person took a message out of where a rule had put
// it. Their will is law: the step counts as undone, and is never done again.
func (w *work) reversed(ctx context.Context, it store.Item, now mailbox.Ref) error {
	done, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{it.ID}, States: []store.State{store.Done}, NotUndo: true, Newest: true})
	if err != nil {
		return err
	}
	for _, s := range done {
		if s.Op.Kind == mailbox.Move && s.From.Folder == now.Folder {
			w.Log.Info("a person moved a message back; it stays there", "rule", s.Rule, "step", s.ID, "folder", w.inLog(now.Folder), "uid", now.UID)
			o, err := w.waiting(ctx, UndoArgs{Item: it.ID, Rule: s.Rule})
			if err == nil {
				blind := work{Account: w.Account} // while mail arrives nothing else is looked for
				err = blind.endWaiting(ctx, o)
			}
			if err != nil {
				return err
			}
			return w.owner.Finish(ctx, w.now(), []store.Ending{{StepID: s.ID, State: store.Undone, Reason: ByHand}})
		}
	}
	return nil
}

// ByHand is the reason of a step that a person took back in their mail program.
const ByHand = store.ByHand
