package agenda

import "fmt"

// MostBytes is how long the HTML of an agenda may be. Gmail cuts mails off at 102
// KB, of which headers and the transfer encoding take some.
const MostBytes = 80 * 1000

// Letter is an agenda ready to be sent.
type Letter struct {
	Subject string // one line of our own words and figures
	HTML    string // a whole document, at most MostBytes, with nothing to be loaded
	Text    string // the same in plain text (text/plain; charset=utf-8), lines of at most 76 columns but for links
}

// Render writes the agenda of a day. What strangers wrote is text in it and nothing
// else. Where there is more than a mail should hold, what comes last in each section
// is left out, which is said there. Lines without an ID should have been given one
// by Number, so that the timeline can refer to them.
func Render(d *Day) (Letter, error) {
	letter, _, err := render(d)
	return letter, err
}

func render(d *Day) (Letter, *page, error) {
	// Most days fit at once. To compose a second time costs less than to guess what
	// the markup will take.
	size := 0
	for _, limits := range levels {
		p := compose(d, limits)
		html, err := p.html()
		if err != nil {
			return Letter{}, nil, fmt.Errorf("writing the agenda of %s: %w", p.Heading, err)
		}
		if size = len(html); size <= MostBytes {
			return Letter{Subject: p.Subject, HTML: html, Text: p.text()}, p, nil
		}
	}
	return Letter{}, nil, fmt.Errorf("writing an agenda: it takes %d bytes where %d are the most, however much is left out", size, MostBytes)
}
