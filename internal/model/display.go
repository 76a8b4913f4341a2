package model

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestLine bounds a line of a summary, in characters.
const longestLine = 300

// display turns a model's words into a summary of r, which is bounded, or refuses
// them. Whoever wrote the message may have chosen the words: nothing in what is
// returned can be followed, run or mistaken for a part of the page around it, and
// no link or number stands in it that the message does not hold.
func display(answer string, r Request) (string, error) {
	source := r.Subject + "\n" + r.Text
	text := visible(html.UnescapeString(answer))
	if err := judged(text, source); err != nil {
		return "", err
	}
	// Markup may have stood in the middle of an address.
	text = unmarked(text)
	if err := judged(text, source); err != nil {
		return "", err
	}
	text = strings.Join(said(unlinked(text), r.Lines), "\n")
	switch {
	case !strings.ContainsFunc(text, unicode.IsLetter):
		return "", unusable("nothing is left of it")
	case tooLong(text):
		return "", unusable("it is too long")
	case declines.MatchString(text):
		return "", unusable("the model did not want to answer")
	case linked(text) || tag.MatchString(text):
		return "", unusable("a link is left in it")
	case !sums(text, source):
		return "", unusable("it holds a number that the message does not")
	case otherScript(text, source, languageOf(r.Language) != ""):
		return "", unusable("it is written in another script")
	}
	return text, nil
}

// judged refuses what unlinked should not be given.
func judged(text, source string) error {
	long := func(word string) bool { return len(word) > longestWord }
	switch {
	case slices.ContainsFunc(strings.Fields(text), long):
		return unusable("it is too long")
	case !known(text, source):
		return unusable("it holds an address that the message does not")
	}
	return nil
}

func tooLong(text string) bool {
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(line) > longestLine {
			return true
		}
	}
	return false
}

var (
	// mark is what tells turns of a conversation apart in a model's template.
	mark = regexp.MustCompile(`<\|[^|\n]{0,40}\|>|\[/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS)\]`)
	tag  = regexp.MustCompile(`</?[\p{L}!?][^<>]*>`)
	// opening is what could begin a tag, were something to follow it.
	opening  = regexp.MustCompile(`<[<\s]*([\p{L}/!?|])`)
	labelled = regexp.MustCompile(`!?\[([^\[\]\n]*)\](?:\([^()\n]*\)|\[[^\[\]\n]*\])`)
	emphasis = strings.NewReplacer("*", "", "`", "", "~~", "", "__", "")
)

// unmarked takes out HTML, Markdown and a template's marks; words stay.
func unmarked(text string) string {
	text = mark.ReplaceAllString(text, " ")
	text = tag.ReplaceAllString(text, "")
	text = opening.ReplaceAllString(text, "$1")
	text = labelled.ReplaceAllString(text, "$1")
	return emphasis.Replace(text)
}

var (
	// bullet is what a line of a list, a heading or a quotation begins with.
	bullet = regexp.MustCompile(`^(?:[\s>#•·–—+-]|\d{1,2}[.)]\s)+`)
	// heading is a name that some models give to what they say.
	heading = regexp.MustCompile(`(?i)^(?:summary|zusammenfassung|résumé|tl;dr)\s*:\s*`)
	// command is a line that a person could be led to run, or that a program could
	// take for a call, a header field or a part of a rule.
	command = regexp.MustCompile(`^(?:\$\s|[@!{}]|/\w|PS [A-Z]:|[A-Z]:\\|(?i:(?:to|cc|bcc|from|subject|reply-to|x-[\w-]+|content-[\w-]+|do|system|assistant|user)\s*:)|` +
		`(?:sudo|curl|wget|bash|sh|zsh|ssh|rm|chmod|powershell|cmd|python3?|pip|npm|npx|docker|foredesk)\s+[-/~.\w])|` +
		`(?:[|;]|&&)\s*(?:sudo|bash|sh|rm|curl|wget|powershell)\b|rm\s+-\w|\$\(|"(?:name|arguments|function)"\s*:`)
	// declines is how a model says that it would rather not. Senders can't come to
	// dinner, and are sorry, too.
	declines = regexp.MustCompile(`(?i)^(?:(?:i['’]m |i am )?sorry,? (?:but )?)?(?:i (?:can(?:no|['’])t|am unable to|am not able to|won['’]t)|i['’]m (?:unable|not able) to) (?:help|assist|summari|comply|provide|answer|fulfil|share)|^as an ai\b`)
)

// said are the first lines that say something, without what introduces them and
// without commands.
func said(text string, lines int) (kept []string) {
	all := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range all {
		line = strings.Join(strings.Fields(line), " ")
		if command.MatchString(line) {
			continue
		}
		line = heading.ReplaceAllString(strings.TrimSpace(bullet.ReplaceAllString(line, "")), "")
		introduces := i == 0 && len(all) > 1 && strings.HasSuffix(line, ":")
		if line == "" || introduces || command.MatchString(line) {
			continue
		}
		if kept = append(kept, line); len(kept) == lines {
			break
		}
	}
	return kept
}
