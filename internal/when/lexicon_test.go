package when

import "testing"

// TestWordsHaveOneMeaningOfAKind holds the tables against each other: what "Mai" counts
// must not depend on the order in which they are read.
func TestWordsHaveOneMeaningOfAKind(t *testing.T) {
	for _, entries := range words {
		for _, e := range entries {
			for i, a := range e.senses {
				for _, b := range e.senses[:i] {
					if a.kind == b.kind && a.value != b.value && !a.home && !b.home {
						t.Errorf("%q means %d and %d of kind %d: list it as home in one of the tables", e.phrase, b.value, a.value, a.kind)
					}
				}
			}
		}
	}
}

func TestZonesCanBeLoaded(t *testing.T) {
	p := newParser("", Calendar{})
	for _, z := range zones {
		if z.place == "" {
			continue
		}
		if _, ok := p.place(z.place); !ok {
			t.Errorf("%s: there is no zone %s", z.names, z.place)
		}
	}
}

func TestLanguageOfAText(t *testing.T) {
	for text, want := range map[string]language{
		"Please call me on Friday":         english,
		"Bitte am Freitag anrufen":         german,
		"Merci de m'appeler vendredi":      french,
		"":                                 english,
		"14:00":                            english,
		"Call Weber: er ist nicht im Büro": german,
	} {
		if got := newParser(text, Calendar{}).lean; got != want {
			t.Errorf("%q is read in language %d, not %d", text, got, want)
		}
	}
}
