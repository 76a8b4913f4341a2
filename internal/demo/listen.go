package demo

import (
	"context"
	"errors"
	"net"
	"sync"
)

// listener remembers the connections it accepted. Neither server library waits
// for its connections when it is closed; end does, so that no goroutine of the
// demo outlives World.Close.
type listener struct {
	net.Listener
	served sync.WaitGroup

	mu    sync.Mutex
	conns map[*tracked]struct{}
	ended bool
}

// listen takes a free port on the loopback address: the demo is never reachable
// from another machine.
func listen(ctx context.Context) (*listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &listener{Listener: l, conns: make(map[*tracked]struct{})}, nil
}

// Accept waits for the next connection, as net.Listener does.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	t := &tracked{Conn: c, owner: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	l.conns[t] = struct{}{}
	l.served.Add(1)
	return t, nil
}

// end closes the port and every connection, and waits until the servers have
// let go of each: both libraries close a connection as their last act on it.
func (l *listener) end() error {
	err := l.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil // the server closed it first
	}
	l.mu.Lock()
	l.ended = true
	for t := range l.conns {
		_ = t.Conn.Close()
	}
	l.mu.Unlock()
	l.served.Wait()
	return err
}

type tracked struct {
	net.Conn
	owner *listener
	once  sync.Once
}

func (t *tracked) Close() error {
	err := t.Conn.Close()
	t.once.Do(func() {
		t.owner.mu.Lock()
		delete(t.owner.conns, t)
		t.owner.mu.Unlock()
		t.owner.served.Done()
	})
	return err
}
