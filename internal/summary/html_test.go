package summary

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestHTML(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"blocks are lines", "<div>one</div><div>two<div>three</div>four</div>", "one\ntwo\nthree\nfour"},
		{"paragraphs are set apart", "<p>one<p>two</p>three", "one\n\ntwo\nthree"},
		{"Word's paragraphs are lines", "<p class=MsoNormal>one</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>two</p>", "one\n\ntwo"},
		{"line breaks", "one<br>two<br/><br>three", "one\ntwo\n\nthree"},
		{"an empty div with a line break is an empty line", "<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"},
		{"white space is one space", " one \n\t two&nbsp;&nbsp;three<b> four </b> five ", "one two three four five"},
		{"entities", "A&amp;B &lt;c&gt; &euro;5 &#8364; &#x20ac; &eacute;", "A&B <c> €5 € € é"},
		{"lists", "<ul><li>one<li>two<ol start=3><li>three</li><li>four</ol></ul>end", "- one\n- two\n  3. three\n  4. four\n\nend"},
		{"an empty item leaves no mark behind", "<ul><li></li></ul><p>text", "text"},
		{"tables in reading order", "<table><tr><th>Item<th>Sum<tr><td>Lamp<td>$5</table>", "Item  Sum\nLamp  $5"},
		{"preformatted text keeps its lines", "<pre>a\n  b</pre>", "a\n  b"},
		{"headings", "<h1>Title</h1>text", "Title\n\ntext"},
		{"pictures show their words", "<img src=a.png alt='Acme'> mail", "Acme mail"},
		{"quotes are marked once for each level", "new<blockquote>old<blockquote>older</blockquote></blockquote>new", "new\n\n> old\n>\n> > older\n\nnew"},
		{"a blockquote that only indents is no quote", "<blockquote style='margin:0 0 0 40px;border:none;padding:0px'>one</blockquote>", "one"},
		{"unclosed elements", "<div>one<b>two<div>three", "onetwo\nthree"},
		{"end tags that close nothing", "</div>one</p></td>two", "onetwo"},
		{"what is not closed in a cell ends with it", "<table><tr><td><blockquote>old<td>new</table>", "> old\n\nnew"},

		{"scripts, styles and titles", "<head><title>t</title><style>p{}</style></head><script>x()</script>text<template>y</template>", "text"},
		{"comments and what only Word sees", "<!-- no --><!--[if mso]>word<![endif]-->text<![if !mso]>more<![endif]>", "textmore"},
		{"noscript is shown", "<noscript>text</noscript>", "text"},
		{"display none", "<div style='display:none!important'>hidden<div>too</div></div>text", "text"},
		{"visibility", "<span style='Visibility: Hidden'>hidden</span>text", "text"},
		{"opacity", "<div style='opacity:0'>hidden</div><div style='opacity:0.9'>text</div>", "text"},
		{"no height", "<div style='max-height:0;overflow:hidden'>hidden</div><div style='height:0px;overflow:hidden'>too</div><div style='height:0'>text</div>", "text"},
		{"Outlook's mso-hide", "<span style='mso-hide:all'>hidden</span>text", "text"},
		{"no font size, until somebody sets one", "<td style='font-size:0px'>hidden<div style='font-size:14px'>text</div>", "text"},
		{"white on white", "<p style='color:#fff;background-color:#FFFFFF'>hidden</p><a style='color:#fff;background:#06c'>text</a>", "text"},
		{"the hidden attribute", "<p hidden>hidden</p>text", "text"},
		{"a hidden paragraph ends with the next one", "<p style='display:none'>hidden<p>text", "text"},
		{"padding of preheaders", "Sale&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#8203;&shy;&#65279; now", "Sale now"},
		{"joiners between letters stay", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"},
		{"tracking pixels", "<img src=t.gif width=1 height=1 alt=pixel>text", "text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := HTML(tt.source); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// TestHTMLQuotes has the containers in which mail programs put what they quote.
func TestHTMLQuotes(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{
			"Gmail", "<div>new</div><div class='gmail_quote'>Ann wrote:<br><blockquote class=gmail_quote>old</blockquote></div>",
			"new\n> Ann wrote:\n>\n> old",
		},
		{
			"Gmail with answers between the lines",
			"<div class=gmail_quote>Ann wrote:<blockquote>old</blockquote><div>yes</div><blockquote>older</blockquote></div>no",
			"> Ann wrote:\n>\n> old\n\nyes\n\n> older\n\nno",
		},
		{
			"Gmail, forwarded with a quote inside",
			"<div class=gmail_quote><div class=gmail_attr>---------- Forwarded message ---------<br>From: Ann</div><blockquote>old</blockquote>text</div>",
			"> ---------- Forwarded message ---------\n> From: Ann\n>\n> > old\n>\n> text",
		},
		{
			"Outlook on the web", "<div>new</div><div id=appendonsend></div><hr><div id='divRplyFwdMsg'>From: Ann</div><div>old</div>",
			"new\n\n> From: Ann\n> old",
		},
		{"Outlook in a quote of its own", "<div>new</div><div id=x_divRplyFwdMsg>From: Ann</div>old", "new\n> From: Ann\n> old"},
		{"Outlook for the Mac", "<p>new</p><span id=OLK_SRC_BODY_SECTION><div>old</div></span>", "new\n> old"},
		{"Outlook Express", "new<div class=OutlookMessageHeader>From: Ann</div><div>old</div>", "new\n> From: Ann\n> old"},
		{"Yahoo", "new<div class='yahoo_quoted'><div>Ann wrote:</div><blockquote>old</blockquote>older</div>", "new\n> Ann wrote:\n>\n> > old\n>\n> older"},
		{"Yahoo, renamed", "new<div class='yiv123yahoo_quoted'>old</div>", "new\n> old"},
		{"Thunderbird", "new<div class=moz-cite-prefix>Ann wrote:</div><blockquote type=cite>old</blockquote>", "new\n> Ann wrote:\n>\n> old"},
		{"Hotmail", "<div>new<hr id=stopSpelling>From: Ann<br>old</div>", "new\n\n> From: Ann\n> old"},
		{"Zimbra", "new<hr id='zwchr'><b>From: </b>Ann", "new\n\n> From: Ann"},
		{"GMX", "new<div name='quote' style='border-left:2px solid'>old</div>", "new\n> old"},
		{"Proton", "new<div class='protonmail_quote'>Ann wrote:<blockquote class=protonmail_quote type=cite>old</blockquote></div>", "new\n> Ann wrote:\n>\n> > old"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := HTML(tt.source); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestHTMLLinks(t *testing.T) {
	tests := []struct {
		name, source string
		want         []Link
	}{
		{"words and target", "See <a href='https://example.com/a?b=1&amp;c=2'>the <b>deed</b>\n here</a>.", []Link{{"the deed here", "https://example.com/a?b=1&c=2"}}},
		{"a picture's words", "<a href=https://example.com><img src=x alt='Pay now'></a>", []Link{{"Pay now", "https://example.com"}}},
		{"without words", "<a href=https://example.com></a>", []Link{{"", "https://example.com"}}},
		{"blocks within a link", "<a href=https://example.com><div>Pay</div><div>now</div></a>", []Link{{"Pay now", "https://example.com"}}},
		{"unclosed links", "<a href=https://example.com/1>one<a href=https://example.com/2>two", []Link{{"one", "https://example.com/1"}, {"two", "https://example.com/2"}}},
		{"targets with line breaks", "<a href=' https://example.com/a\n\tb '>x</a>", []Link{{"x", "https://example.com/ab"}}},
		{"targets without a scheme", "<a href='//example.com/a'>x</a>", []Link{{"x", "https://example.com/a"}}},
		{"what leads nowhere", "<a href='mailto:a@example.com'>a</a><a href='javascript:x()'>b</a><a href='#top'>c</a><a name=d>d</a><a href='/e'>e</a>", nil},
		{"hidden links", "<div style='display:none'><a href=https://example.com>x</a></div>", nil},
		{"maps", "<map><area href=https://example.com alt=North></map>", []Link{{"North", "https://example.com"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, got := HTML(tt.source)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestURLs(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"at the end of a sentence", "See https://example.com/a.", "https://example.com/a"},
		{"in brackets", "(https://example.com/a) <HTTP://example.com/b>", "https://example.com/a HTTP://example.com/b"},
		{"brackets of its own", "https://example.com/a_(b)", "https://example.com/a_(b)"},
		{"behind a word, as Outlook writes it", "here<https://example.com/a>", "https://example.com/a"},
		{"of other schemes", "ftp://example.com mailto:a@example.com ://x", ""},
		{"without a host", "https://", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, l := range URLs(tt.text) {
				got = append(got, l.URL)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// slow is many times what any text needs, so that a busy machine is no failure;
// what is quadratic takes minutes.
const slow = 20 * time.Second

// TestCostIsLinear reads what is made to be slow.
func TestCostIsLinear(t *testing.T) {
	const n, mib = 100_000, 1 << 20
	pages := map[string]string{
		"nested divs":                 strings.Repeat("<div>", n),
		"nested divs, closed":         strings.Repeat("<div>", n) + strings.Repeat("</div>", n),
		"nested quotes with text":     strings.Repeat("<blockquote>x", n),
		"nested lists":                strings.Repeat("<ul><li>x", n),
		"nested tables":               strings.Repeat("<table><tr><td>x", n),
		"formatting, closed wrongly":  strings.Repeat("<b><i>", n) + strings.Repeat("</a></u>", n),
		"links in links":              strings.Repeat("<a href=https://example.com><div>x", n),
		"paragraphs that never close": strings.Repeat("<p>x", n),
		"attributes":                  "<div " + strings.Repeat("a=b ", n) + ">",
		"styles":                      strings.Repeat("<i style='color:red;"+strings.Repeat("a:b;", 20)+"'>", n/20),
		"entities":                    strings.Repeat("&amp;", n),
		"half a tag":                  strings.Repeat("<", mib),
		"half comments":               strings.Repeat("<!--", n),
	}
	for name, source := range pages {
		t.Run("HTML of "+name, func(t *testing.T) {
			within(t, slow, func() {
				text, links := HTML(source)
				if len(text) > maxHTMLText+1<<10 || len(links) > maxLinks {
					t.Errorf("%d bytes of text, %d links", len(text), len(links))
				}
			})
		})
	}
	texts := map[string]string{
		"quoted lines":          strings.Repeat(">\n", mib/2),
		"one line":              strings.Repeat("x", mib),
		"one line of words":     strings.Repeat("On 3 May wrote: ", mib/16),
		"empty lines":           strings.Repeat("\n", mib),
		"attributions":          strings.Repeat("On 3 May 2026 at 10:00\n", mib/23),
		"fields":                strings.Repeat("From: a\n", mib/8),
		"fields and lines":      strings.Repeat("From: a@b\nx\nx\n", mib/14),
		"marks":                 strings.Repeat("--- forwarded\n", mib/14),
		"forwards, one another": strings.Repeat("----- Forwarded message -----\n\n", mib/32),
		"closings":              strings.Repeat("Best regards,\nAnn\n\n", mib/19),
		"signatures":            strings.Repeat("-- \nAnn\n", mib/8),
		"telephones":            strings.Repeat("Sent from my iPhone\n", mib/20),
		"notices":               strings.Repeat("This is confidential.\n\n", mib/23),
		"closings and quotes":   strings.Repeat("Thanks,\nAnn\n> x\n", mib/16),
		"marks of quotation":    strings.Repeat(">", mib),
	}
	for name, text := range texts {
		t.Run("new text of "+name, func(t *testing.T) {
			within(t, slow, func() { NewText(text) })
		})
	}
}

func within(t *testing.T, bound time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > bound {
		t.Errorf("took %v", took)
	}
}

func FuzzHTML(f *testing.F) {
	for _, seed := range []string{
		"", "<p>text", "<a href=https://example.com>x</a>", "<table><tr><td>a<td>b</table>",
		"<div class=gmail_quote>-----<blockquote>a</blockquote>b</div>c", "<ol start=9><li>a<ul><li>b",
		"<div id=divRplyFwdMsg>a</div>b", "<div style='font-size:0;display:none'>a</div>", "<pre>a\n b</pre>", "<!--a--><![b]>&#0;&zwnj;\xff",
		"<blockquote style='border:none;margin:0 0 0 1px'><hr id=zwchr>a", "<noscript><p>a</noscript><title>b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		text, links := HTML(source)
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r") || len(text) > maxHTMLText+1<<10 {
			t.Errorf("not clean text: %q", text)
		}
		if strings.HasPrefix(text, "\n") || strings.HasSuffix(text, "\n") || strings.Contains(text, "\n\n\n") {
			t.Errorf("empty lines: %q", text)
		}
		for _, l := range links {
			if webURL(l.URL) != l.URL || strings.ContainsAny(l.Text, "\n\t") || !utf8.ValidString(l.Text) {
				t.Errorf("link %+v", l)
			}
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	page := "<html><head><style>p{margin:0}</style></head><body>" +
		strings.Repeat("<div style='font-size:12px'>All is <b>well</b> with us, <a href='https://example.com/a'>see here</a>.</div>\n", 100) +
		"</body></html>"
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		HTML(page)
	}
}
