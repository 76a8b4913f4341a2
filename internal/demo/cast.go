package demo

import (
	"fmt"
	"strings"
)

// castFile names everybody who writes or is written to. A line holds a short
// name and an address; indented lines below it are fields that every mail of
// this sender carries, such as List-Id.
const castFile = "mailbox/people.txt"

type person struct {
	address string // Name <user@domain>
	fields  []field
}

func readCast() (map[string]person, error) {
	data, err := mailboxFiles.ReadFile(castFile)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", castFile, err)
	}
	return parseCast(string(data))
}

func parseCast(text string) (map[string]person, error) {
	cast := make(map[string]person)
	last := ""
	for n, line := range strings.Split(text, "\n") {
		indented := strings.HasPrefix(line, "    ")
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case indented:
			name, value, ok := strings.Cut(line, ":")
			if !ok || last == "" {
				return nil, fmt.Errorf("%s:%d: an indented line is a field of the person above it", castFile, n+1)
			}
			p := cast[last]
			p.fields = append(p.fields, field{name, strings.TrimSpace(value)})
			cast[last] = p
		default:
			short, address, ok := strings.Cut(line, " ")
			if !ok || cast[short].address != "" {
				return nil, fmt.Errorf("%s:%d: want a new short name and an address", castFile, n+1)
			}
			cast[short], last = person{address: strings.TrimSpace(address)}, short
		}
	}
	return cast, nil
}

// expand turns "tom, ines" into two addresses. What has an "@" is kept.
func expand(cast map[string]person, value string) (string, error) {
	var full []string
	for word := range strings.SplitSeq(value, ",") {
		word = strings.TrimSpace(word)
		if strings.Contains(word, "@") {
			full = append(full, word)
			continue
		}
		p, ok := cast[word]
		if !ok {
			return "", fmt.Errorf("nobody in %s has the short name %q", castFile, word)
		}
		full = append(full, p.address)
	}
	return strings.Join(full, ", "), nil
}
