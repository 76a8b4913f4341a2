package agenda

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// browser is a headless Chromium that the tests drive over its DevTools pipe: one
// JSON message after another, each ended by a zero byte.
type browser struct {
	t       *testing.T
	ctx     context.Context
	write   *os.File
	answers chan message
	last    int
	session string
	events  []string // methods of what happened by itself
	asked   []string // addresses that the page has asked for
}

type message struct {
	ID        int             `json:"id"`
	Method    string          `json:"method"`
	SessionID string          `json:"sessionId"`
	Params    json.RawMessage `json:"params"`
	Result    json.RawMessage `json:"result"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// chromium starts a browser with one page, or skips the test where none is
// installed.
func chromium(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		if os.Getenv("FOREDESK_CI") == "1" {
			t.Fatal("FOREDESK_CI is set and Chromium is not installed")
		}
		t.Skip("Chromium is not installed: this looks at the agenda in a real browser (apt-get install chromium)")
	}
	profile, err := os.MkdirTemp("", "foredesk-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	cmd := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-extensions", "--force-color-profile=srgb", "--disable-breakpad", "--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	theirIn, ourOut := pipe(t)
	ourIn, theirOut := pipe(t)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	_ = theirIn.Close()
	_ = theirOut.Close()
	b := &browser{t: t, ctx: ctx, write: ourOut, answers: make(chan message, 64)}
	go b.listen(ourIn)
	t.Cleanup(func() {
		b.session = ""
		_, _ = b.do("Browser.close", map[string]any{})
		_ = ourOut.Close() // Chromium ends when its pipe does
		_ = cmd.Wait()
		cancel()
		for range b.answers { // until listen has ended
		}
		for range 1000 { // a child of it may still write there
			if os.RemoveAll(profile) == nil {
				break
			}
		}
	})
	b.open()
	return b
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

func (b *browser) listen(from *os.File) {
	defer close(b.answers)
	defer func() { _ = from.Close() }()
	in := bufio.NewReader(from)
	for {
		raw, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(raw[:len(raw)-1], &m) == nil {
			b.answers <- m
		}
	}
}

// do has a command done and returns its result.
func (b *browser) do(method string, params any) (json.RawMessage, error) {
	b.last++
	raw, err := json.Marshal(map[string]any{"id": b.last, "method": method, "params": params, "sessionId": b.session})
	if b.session == "" {
		raw, err = json.Marshal(map[string]any{"id": b.last, "method": method, "params": params})
	}
	if err != nil {
		return nil, err
	}
	if _, err := b.write.Write(append(raw, 0)); err != nil {
		return nil, err
	}
	for {
		m, err := b.next()
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", method, err)
		case m.ID == b.last && m.Error != nil:
			return nil, fmt.Errorf("%s: %s", method, m.Error.Message)
		case m.ID == b.last:
			return m.Result, nil
		}
	}
}

// next takes one message and writes down what happened by itself.
func (b *browser) next() (message, error) {
	select {
	case m, ok := <-b.answers:
		if !ok {
			return m, errors.New("Chromium has gone")
		}
		if m.Method != "" {
			b.events = append(b.events, m.Method)
		}
		if m.Method == "Network.requestWillBeSent" {
			var p struct{ Request struct{ URL string } }
			if err := json.Unmarshal(m.Params, &p); err != nil {
				return m, err
			}
			b.asked = append(b.asked, p.Request.URL)
		}
		return m, nil
	case <-b.ctx.Done():
		return message{}, b.ctx.Err()
	}
}

func (b *browser) must(method string, params any, into any) {
	b.t.Helper()
	raw, err := b.do(method, params)
	if err == nil && into != nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) open() {
	b.t.Helper()
	var target struct{ TargetID string }
	b.must("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.must("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Network"} {
		b.must(domain+".enable", map[string]any{}, nil)
	}
}

// screen sets the width of the window in CSS pixels, light or dark.
func (b *browser) screen(width, height int, scale float64, scheme string) {
	b.t.Helper()
	b.must("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 480}, nil)
	b.must("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// show loads a page and waits until it is there. Dialogs are written down and closed.
func (b *browser) show(address string) {
	b.t.Helper()
	b.events, b.asked = nil, nil
	b.must("Page.navigate", map[string]any{"url": address}, nil)
	for closed := 0; !slices.Contains(b.events, "Page.loadEventFired"); {
		if _, err := b.next(); err != nil {
			b.t.Fatalf("loading %s: %v", address, err)
		}
		if opened := b.happened("Page.javascriptDialogOpening"); opened > closed {
			closed = opened
			b.must("Page.handleJavaScriptDialog", map[string]any{"accept": true}, nil)
		}
	}
}

func (b *browser) happened(event string) (times int) {
	for _, e := range b.events {
		if e == event {
			times++
		}
	}
	return times
}

// eval runs a script of ours in the page.
func (b *browser) eval(script string, into any) {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Text string }
	}
	b.must("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", script, answer.ExceptionDetails.Text)
	}
	if err := json.Unmarshal(answer.Result.Value, into); err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
}

// picture is a PNG of the page, down to the section of that title or to its end.
func (b *browser) picture(width int, until string) []byte {
	b.t.Helper()
	var height float64
	b.eval(`(() => { const end = [...document.querySelectorAll("h2")].find(h => h.textContent == `+fmt.Sprintf("%q", until)+`)
		return end ? end.getBoundingClientRect().top - 16 : document.documentElement.scrollHeight })()`, &height)
	var shot struct{ Data string }
	b.must("Page.captureScreenshot", map[string]any{
		"format": "png", "captureBeyondViewport": true, "clip": map[string]any{"x": 0, "y": 0, "width": width, "height": height, "scale": 1},
	}, &shot)
	raw, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return raw
}
