package google

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// loopbackListener waits on this machine for the redirect of the consent page (RFC
// 8252, section 7.3). It takes one answer, and shows the browser how it ended.
type loopbackListener struct {
	addr    string // 127.0.0.1:PORT
	answers chan taken
	had     atomic.Bool
	over    chan struct{} // closed when the outcome is known
	failed  error         // the outcome; read it after over
	server  *http.Server
	running sync.WaitGroup
}

// taken is an answer, or what was wrong with it.
type taken struct {
	answer
	err error
}

// listen opens a port of 127.0.0.1: the given one, or a free one for 0.
func listen(ctx context.Context, port int) (*loopbackListener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("waiting for the browser on this machine: %w", err)
	}
	l := &loopbackListener{addr: listener.Addr().String(), answers: make(chan taken, 1), over: make(chan struct{})}
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: maxAnswer * 2}
	l.running.Go(func() { _ = l.server.Serve(listener) }) // ends with close
	return l, nil
}

// ServeHTTP takes the first answer. It looks at the Host as well, so that no page of
// the web reaches it under a name of its own.
func (l *loopbackListener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	values := r.URL.Query()
	switch {
	case r.Method != http.MethodGet || r.Host != l.addr || r.URL.Path != "/" || !isAnswer(values) || inBackground(r.Header):
		w.WriteHeader(http.StatusNotFound)
		show(w, "There is nothing here", "Go back to the terminal and open the address that it shows.")
		return
	case l.had.Swap(true):
		w.WriteHeader(http.StatusConflict)
		show(w, "This was answered already", "The terminal says how it ended.")
		return
	}
	a, err := fromQuery(values)
	l.answers <- taken{a, err}
	select {
	case <-r.Context().Done():
		return
	case <-l.over:
	}
	if l.failed != nil {
		w.WriteHeader(http.StatusBadRequest)
		show(w, "Not signed in", "The terminal says why. Nothing was kept.")
		return
	}
	show(w, "Signed in", "Close this page and go back to the terminal.")
}

// inBackground reports whether a page of the web asks by a script or from a frame. The
// redirect is a page that the person sees (Fetch Metadata; older browsers send none).
func inBackground(h http.Header) bool {
	return h.Get("Origin") != "" || h.Get("Sec-Fetch-Mode") != "" && (h.Get("Sec-Fetch-Mode") != "navigate" || h.Get("Sec-Fetch-Dest") != "document")
}

// close tells a browser that waits how it ended, and ends the server.
func (l *loopbackListener) close(outcome error) {
	l.failed = outcome
	close(l.over)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second) // for the page; what ended us is no reason to leave it blank
	defer cancel()
	if err := l.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		_ = l.server.Close() // a browser that does not read its page
	}
	l.running.Wait()
}

func show(w http.ResponseWriter, title, text string) {
	_ = page.Execute(w, [2]string{title, text}) // the browser has gone; there is nobody to tell
}

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Foredesk: {{index . 0}}</title>
<style>body{font:16px system-ui,sans-serif;max-width:32em;margin:4em auto;padding:0 1em;color-scheme:light dark}</style>
<h1>{{index . 0}}</h1>
<p>{{index . 1}}</p></html>
`))
