package gcal

import (
	"net/http"
	"strings"
)

// mask is what the fields parameter asks for: the names of an object, each with
// the mask of what lies below it; nil stands for the whole.
type mask map[string]mask

// readMask reads "items(id,start/dateTime),nextPageToken". Names are not held
// against the schemas of answers, which description.txt does not have.
func readMask(s string) (mask, error) {
	m, rest, err := readNames(s)
	if err == nil && rest != "" {
		err = badMask(s)
	}
	return m, err
}

func badMask(s string) error {
	return refuse(http.StatusBadRequest, "invalidParameter", "Invalid field selection %q", s)
}

func readNames(s string) (mask, string, error) {
	m := mask{}
	for {
		name, below, rest, err := readName(s)
		if err != nil {
			return nil, "", err
		}
		m[name] = below
		if !strings.HasPrefix(rest, ",") {
			return m, rest, nil
		}
		s = rest[1:]
	}
}

// readName reads one name and what is asked of it, by a slash or in parentheses.
func readName(s string) (name string, below mask, rest string, err error) {
	end := strings.IndexAny(s, ",()/")
	if end < 0 {
		end = len(s)
	}
	if end == 0 {
		return "", nil, "", badMask(s)
	}
	name, rest = s[:end], s[end:]
	switch {
	case strings.HasPrefix(rest, "/"):
		one, two, after, err := readName(rest[1:])
		return name, mask{one: two}, after, err
	case strings.HasPrefix(rest, "("):
		below, rest, err = readNames(rest[1:])
		if err == nil && !strings.HasPrefix(rest, ")") {
			err = badMask(s)
		}
		return name, below, strings.TrimPrefix(rest, ")"), err
	}
	return name, nil, rest, nil
}

// of leaves of a value what the mask names; arrays are looked through.
func (m mask) of(v any) any {
	if m == nil {
		return v
	}
	switch v := v.(type) {
	case object:
		some := object{}
		for name, below := range m {
			if inner, ok := v[name]; ok {
				some[name] = below.of(inner)
			}
		}
		return some
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = m.of(v[i])
		}
		return list
	}
	return v
}
