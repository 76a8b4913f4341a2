package gather

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/rules"
)

// storyLife is how far back the beginning of a story is looked for: an outage that
// was opened last week is still told from its first mail on.
const storyLife = 14 * 24 * time.Hour

// storyKey names the story that a line is a part of; empty where it is of none.
func (t *told) storyKey() string {
	story := t.Op.With["story"]
	if story == "" || t.isHidden() {
		return ""
	}
	return rules.Fold(t.name) + "\x00" + story
}

// stories makes one line of all that tell the same story in one section: with the
// title of the first, the text of the last, and when each was said. What was told in
// earlier letters belongs to it, too.
func (g *gathering) stories(ctx context.Context, lines []told) ([]told, error) {
	news := map[string]bool{}
	for i := range lines {
		if key := lines[i].storyKey(); key != "" {
			news[key] = true
		}
	}
	if len(news) == 0 {
		return lines, nil
	}
	// The whole story is read anew each time: an update says little without it.
	before, err := g.told(ctx, g.now.Add(-storyLife), g.now)
	if err != nil {
		return nil, err
	}
	chapters := map[string][]told{}
	for _, t := range before {
		if key := t.storyKey(); news[key] {
			chapters[key] = append(chapters[key], t)
		}
	}
	rest := slices.DeleteFunc(lines, func(t told) bool {
		key := t.storyKey()
		// Old ones with a date by which are not among those of the last days.
		if key != "" && !slices.ContainsFunc(chapters[key], func(c told) bool { return c.ID == t.ID }) {
			chapters[key] = append(chapters[key], t)
		}
		return key != ""
	})
	for _, key := range sortedKeys(chapters) {
		rest = append(rest, asStory(chapters[key]))
	}
	return rest, nil
}

// asStory is the last chapter, with all of them as its moments.
func asStory(chapters []told) told {
	slices.SortStableFunc(chapters, func(a, b told) int { return cmp.Or(a.received().Compare(b.received()), cmp.Compare(a.ID, b.ID)) })
	last := chapters[len(chapters)-1]
	last.Item.Subject = chapters[0].Item.Subject
	said := map[string]bool{} // a message is one moment, however many rules tell it
	for _, t := range chapters {
		if said[t.Item.Key] {
			continue
		}
		said[t.Item.Key] = true
		last.story = append(last.story, agenda.Moment{Word: cmp.Or(t.Op.With["as"], agenda.Update), At: t.received()})
	}
	return last
}
