package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/engine"
)

// openCalendar makes the engine's way to the account's calendars; nil where it has
// none. Only a foredesk that stays listens for what Google pushes.
func (d *desk) openCalendar(ctx context.Context) (*engine.Calendars, error) {
	c := d.Calendar
	if c == nil {
		return nil, nil
	}
	cfg := calendar.Config{Endpoint: c.Endpoint, Tokens: d.standing, Calendars: c.Calendars}
	if d.standing == nil {
		cfg.Tokens = d.tokens.TokenSource(ctx)
		cfg.Transport = d.tokens.Transport(http.DefaultTransport.(*http.Transport).Clone())
	}
	if c.Push != nil && d.stays {
		var lc net.ListenConfig
		listener, err := lc.Listen(ctx, "tcp", c.Push.Listen)
		if err != nil {
			return nil, fmt.Errorf("account %q: listening for what Google pushes: %w; free that address, or leave push out to go by polling alone", d.Name, err)
		}
		cfg.Push = &calendar.Push{URL: c.Push.URL, Listener: listener}
	}
	client, err := calendar.New(ctx, cfg, d.log.With("account", d.Name))
	if err != nil {
		if cfg.Push != nil {
			_ = cfg.Push.Listener.Close() // so that the next attempt can listen
		}
		return nil, fmt.Errorf("account %q: %w", d.Name, err)
	}
	d.calendar = client
	return &engine.Calendars{Calendar: client, Poll: c.Poll, Version: version().Version}, nil
}

// closeCalendar ends what Google pushes, and the connections.
func (d *desk) closeCalendar(ctx context.Context) {
	if d.calendar == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := d.calendar.Close(ctx); err != nil {
		d.log.Warn("letting go of the calendar", "account", d.Name, "error", err)
	}
	d.calendar = nil
}
