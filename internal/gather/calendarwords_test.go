package gather

import (
	"reflect"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/agenda"
)

func TestTheCalendarHasEveryWordInEachLanguage(t *testing.T) {
	english := reflect.ValueOf(calendarLanguages[agenda.English])
	for _, language := range []agenda.Language{agenda.English, agenda.German, agenda.French} {
		words := reflect.ValueOf(calendarLanguages[language])
		for i := range words.NumField() {
			name, word, like := words.Type().Field(i).Name, words.Field(i).String(), english.Field(i).String()
			if word == "" || strings.Count(word, "%s") != strings.Count(like, "%s") || strings.Count(word, "%d") != strings.Count(like, "%d") {
				t.Errorf("%s: %s is %q, in English %q", language, name, word, like)
			}
		}
	}
}
