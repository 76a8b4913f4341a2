package rules

import (
	"testing"
	"time"
)

func TestWantOfReadsWhatAnEffectWants(t *testing.T) {
	w, err := WantOf(map[string]string{
		"length": "45m", "after": "2026-12-01T09:00:00Z", "before": "2026-12-04T18:00:00Z", "between": "08:00-12:00", "days": "mon,tue,thu", "margin": "10m", "besides": "uid",
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.Length != 45*time.Minute || w.Margin != 10*time.Minute || w.Between != [2]int{480, 720} || w.Besides != "uid" {
		t.Errorf("got %+v", w)
	}
	if !w.From.Equal(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)) || !w.To.Equal(time.Date(2026, 12, 4, 18, 0, 0, 0, time.UTC)) {
		t.Errorf("from %s to %s", w.From, w.To)
	}
	if w.Days == nil || *w.Days != [7]bool{false, true, true, false, true, false, false} {
		t.Errorf("days: %v", w.Days)
	}
}

func TestWantOfSaysWhatItCannotRead(t *testing.T) {
	for name, with := range map[string]map[string]string{
		"a length": {"length": "long"}, "hours": {"between": "early"}, "a day": {"days": "mon,someday"}, "a margin": {"margin": "wide"},
	} {
		if _, err := WantOf(with); err == nil {
			t.Errorf("%s that can't be read: no error", name)
		}
	}
	w, err := WantOf(nil)
	if err != nil || w.Length != 30*time.Minute || w.Days != nil || w.Between != [2]int{} {
		t.Errorf("nothing said: %+v, %v; want half an hour in the hours of work", w, err)
	}
}
