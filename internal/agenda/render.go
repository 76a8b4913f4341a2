package agenda

import "fmt"

// MostBytes is how long the HTML of a letter may be. Gmail cuts mails off at 102
// KB, of which headers and the transfer encoding take some.
const MostBytes = 80 * 1000

// Letter is one mail to the executive, ready to be sent.
type Letter struct {
	Subject string // one line
	HTML    string // a whole document, at most MostBytes, with nothing to be loaded
	Text    string // the same in plain text (text/plain; charset=utf-8), lines of at most 76 columns but for links
}

// Render writes the agenda of a day. What strangers wrote is text in it and nothing
// else. Where there is more than a mail should hold, what comes last in each section
// is left out, which is said there. Lines without an ID should have been given one
// by Number, so that the timeline can refer to them. An Action without a link is not
// shown.
func (d *Day) Render() (Letter, error) { return written(render(d.compose, levels)) }

// Render writes a digest, as that of a Day is written.
func (d *Digest) Render() (Letter, error) { return written(render(d.compose, digestLevels)) }

// Render writes the weekly review, as that of a Day is written.
func (r *Review) Render() (Letter, error) { return written(render(r.compose, reviewLevels)) }

// Render writes the brief before a meeting of two, as that of a Day is written.
func (b *CheckIn) Render() (Letter, error) { return written(render(b.compose, reviewLevels)) }

func written(l Letter, _ *page, err error) (Letter, error) { return l, err }

// render takes the first of the levels with which a letter fits. Most fit at once, and
// to compose a second time costs less than to guess what the markup will take.
func render(compose func(caps) *page, levels []caps) (Letter, *page, error) {
	size := 0
	for _, limits := range levels {
		p := compose(limits)
		html, err := p.html()
		if err != nil {
			return Letter{}, nil, fmt.Errorf("writing the letter %q: %w", p.Heading, err)
		}
		if size = len(html); size <= MostBytes {
			return Letter{Subject: p.Subject, HTML: html, Text: p.text()}, p, nil
		}
	}
	return Letter{}, nil, fmt.Errorf("writing a letter: it takes %d bytes where %d are the most, however much is left out", size, MostBytes)
}
