package agenda

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// shape is the elements of a document with their attributes, without texts and
// without where links go: what a stranger's text must not change.
func shape(t testing.TB, document string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		b.WriteString("<" + n.Data)
		for _, a := range n.Attr {
			if a.Key != "href" {
				b.WriteString(" " + a.Key + "=" + a.Val)
			}
		}
		b.WriteString(">\n")
	}
	return b.String()
}

// TestAStrangersTextChangesNothingButText compares the document with that of the
// same day in harmless words: element by element, attribute by attribute.
func TestAStrangersTextChangesNothingButText(t *testing.T) {
	plain := map[string]Letter{}
	for name, l := range allWithText("harmless") {
		plain[name] = rendered(t, l)
	}
	for i, s := range evil {
		for name, harmed := range allWithText(s) {
			l, was := rendered(t, harmed), plain[name]
			if shape(t, l.HTML) != shape(t, was.HTML) {
				t.Errorf("text %d changes the document of the %s", i, name)
			}
			if of := strings.Replace(was.Subject, "harmless", visible(clean(s, levels[0].title/2)), 1); l.Subject != of {
				t.Errorf("text %d changes the subject of the %s: %q, not %q", i, name, l.Subject, of)
			}
			if strings.Count(l.Text, "\n- ") != strings.Count(was.Text, "\n- ") {
				t.Errorf("text %d adds lines to the text of the %s", i, name)
			}
			if strings.Count(l.Text, ": mailto:desk@") != strings.Count(was.Text, ": mailto:desk@") {
				t.Errorf("text %d adds a link to the text of the %s", i, name)
			}
			wrongIn(t, l)
		}
	}
	faulttest.Injected(t, "S6", len(evil))
}

// wrongIn looks for what no agenda may hold, whatever is in it.
func wrongIn(t testing.TB, l Letter) {
	t.Helper()
	if len(l.HTML) > MostBytes {
		t.Errorf("the page has %d bytes", len(l.HTML))
	}
	if strings.ContainsFunc(l.Subject, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		t.Errorf("the subject is %q", l.Subject)
	}
	for name, text := range map[string]string{"page": l.HTML, "text": l.Text} {
		if r := strings.IndexFunc(text, func(r rune) bool {
			return r != '\n' && (unicode.IsControl(r) || r == 0x202e || r == 0x202d || r == 0x2028)
		}); r >= 0 {
			t.Errorf("the %s has %q", name, text[r:min(len(text), r+20)])
		}
		if strings.Count(text, isolate) != strings.Count(text, isolated) {
			t.Errorf("the %s turns around what does not belong to it", name)
		}
	}
	for line := range strings.SplitSeq(l.Text, "\n") {
		if n := len([]rune(line)); n > columns && !strings.Contains(line, "mailto:") && !strings.Contains(line, "https://") {
			t.Errorf("a line of %d columns: %q", n, line)
		}
	}
}

// TestOnlyAddressesThatCanBeTrustedBecomeLinks looks at every link of the hostile day.
func TestOnlyAddressesThatCanBeTrustedBecomeLinks(t *testing.T) {
	for link, want := range map[string]string{
		"https://meet.acme.example/a?b=c#d": "meet.acme.example", "HTTPS://Meet.Acme.Example:8443/": "meet.acme.example",
		"http://meet.acme.example/": "", "javascript:alert(1)": "", "https://user:pass@attacker.example/": "", "https://аcme.example/": "", "https:attacker": "",
		"https://": "", "https://x.example/\"onclick=": "", "https://x.example/ y": "", "//x.example/": "", "data:text/html,x": "", "https://x.example/" + strings.Repeat("y", longestLink): "",
		"https://[::1]/": "",
	} {
		if _, host := webLink(link); host != want {
			t.Errorf("%q: host %q, not %q", link, host, want)
		}
	}
	for link, want := range map[string]bool{
		"mailto:desk@acme.example?subject=foredesk%20accept%201": true, "mailto:x?subject=\"": false, "mailto:a b": false, "https://x.example": false, "mailto:x\r\nBcc: y": false, "": false,
	} {
		if got := mailLink(link) != ""; got != want {
			t.Errorf("%q is a link: %v", link, got)
		}
	}
}

// TestInChromium shows all letters, filled with hostile text, to a real browser: it runs nothing, asks
// nothing of anybody, and shows every text as text.
func TestInChromium(t *testing.T) {
	b := chromium(t)
	trap := httptest.NewServer(nil)
	t.Cleanup(trap.Close)
	texts := slices.Clone(evil)
	for _, s := range []string{
		`<script>fetch("TRAP/script")</script>`, `<img src="TRAP/img" onerror="alert(1)">`, `"><iframe src="TRAP/frame"></iframe>`, `</title><link rel="stylesheet" href="TRAP/css">`,
		`</style><style>@import url(TRAP/import);*{background:url(TRAP/bg)}</style>`, `<meta http-equiv="refresh" content="0;url=TRAP/refresh">`, `<svg onload="fetch('TRAP/svg')">`,
		`<base href="TRAP/">`, `' autofocus onfocus='fetch("TRAP/focus")`, `<video src="TRAP/v" autoplay>`, `<body onload="fetch('TRAP/load')">`, `TRAP/plain`,
	} {
		texts = append(texts, strings.ReplaceAll(s, "TRAP", trap.URL))
	}
	visitors := &visits{}
	trap.Config.Handler = visitors
	for i, s := range texts {
		for name, harmed := range allWithText(s) {
			address := serve(t, harmed)
			b.show(address)
			b.calm(fmt.Sprintf("text %d in the %s", i, name), address)
			var shown []string
			b.eval(`[...document.querySelectorAll("p,h1,h3")].map(p => p.textContent)`, &shown)
			prose := levels[0].prose
			if name == "review" || name == "check-in" {
				prose /= 2 // there are only lists
			}
			for _, want := range []string{clean(s, levels[0].title), clean(s, prose)} {
				if !slices.ContainsFunc(shown, func(p string) bool { return strings.Contains(p, want) }) {
					t.Errorf("text %d is not shown as it is in the %s: %q", i, name, want)
				}
			}
		}
	}
	for name, l := range everyLetter() {
		if strings.Contains(name, "hostile") {
			address := serve(t, l)
			b.show(address)
			b.calm(name, address)
		}
	}
	if len(visitors.list()) > 0 {
		t.Errorf("asked for %q", visitors.list())
	}
	faulttest.Injected(t, "S6", len(texts))
}

// visits writes down what is asked for.
type visits struct {
	mu    sync.Mutex
	paths []string
}

func (v *visits) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.paths = append(v.paths, r.URL.Path)
}

func (v *visits) list() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.paths)
}

// calm fails the test if the page did anything by itself: a dialog, a second
// request, a script, another page.
func (b *browser) calm(what, address string) {
	b.t.Helper()
	var state struct{ Scripts, Handlers, Loads, Tables int }
	b.eval(`({
		scripts: document.querySelectorAll("script,iframe,img,link,svg,video,object,base,meta[http-equiv],form").length,
		handlers: [...document.querySelectorAll("*")].filter(e => e.getAttributeNames().some(a => a.startsWith("on"))).length,
		loads: performance.getEntriesByType("resource").filter(e => !e.name.endsWith("/favicon.ico")).length,
		tables: document.querySelectorAll("table").length,
	})`, &state)
	if state.Scripts+state.Handlers+state.Loads > 0 || state.Tables == 0 {
		b.t.Errorf("%s: %+v", what, state)
	}
	for _, e := range b.events {
		switch e {
		case "Page.javascriptDialogOpening", "Runtime.exceptionThrown", "Page.windowOpen", "Page.frameAttached":
			b.t.Errorf("%s: %s", what, e)
		}
	}
	for _, asked := range b.asked {
		// The icon of the page before may be asked for late.
		if asked != address && !strings.HasSuffix(asked, "/favicon.ico") {
			b.t.Errorf("%s asks for %s", what, asked)
		}
	}
}

// TestTheBrowserWouldNotice promises that the test above sees what it looks for.
func TestTheBrowserWouldNotice(t *testing.T) {
	b := chromium(t)
	visitors := &visits{}
	trap := httptest.NewServer(visitors)
	t.Cleanup(trap.Close)
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<table></table><img src="%s/img"><p>x</p><script>alert(1)</script>`, trap.URL)
	}))
	t.Cleanup(bad.Close)
	b.show(bad.URL)
	if len(visitors.list()) == 0 || !slices.Contains(b.asked, trap.URL+"/img") {
		t.Errorf("a picture was not noticed: %q, %q", visitors.list(), b.events)
	}
	if b.happened("Page.javascriptDialogOpening") != 1 {
		t.Errorf("a dialog was not noticed: %q", b.events)
	}
}

// TestNothingIsWiderThanTheScreen, down to the narrowest phones.
func TestNothingIsWiderThanTheScreen(t *testing.T) {
	b := chromium(t)
	for name, l := range everyLetter() {
		address := serve(t, l)
		for _, width := range []int{320, 360, 600, 1200} {
			b.screen(width, 800, 1, "light")
			b.show(address)
			var wide int
			b.eval("document.documentElement.scrollWidth", &wide)
			if wide > width {
				t.Errorf("%s takes %d pixels where %d are", name, wide, width)
			}
		}
	}
}

// TestLinksArriveAsTheyWereMade: a token that an escape has changed is none.
func TestLinksArriveAsTheyWereMade(t *testing.T) {
	for _, l := range []letter{ordinary(), evening(), friday()} {
		root, err := html.Parse(strings.NewReader(rendered(t, l).HTML))
		if err != nil {
			t.Fatal(err)
		}
		var links []string
		for n := range root.Descendants() {
			if n.Data == "a" {
				links = append(links, attribute(n, "href"))
			}
		}
		for line := range l.Lines() {
			for _, a := range line.Actions {
				if !slices.Contains(links, a.Mailto) {
					t.Errorf("%s is not among the links", a.Mailto)
				}
			}
		}
	}
}
