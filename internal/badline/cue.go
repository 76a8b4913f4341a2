package badline

import (
	"bytes"
	"sync"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

func init() { toxics.Register("cue", new(cue)) }

// cue is a toxic that waits for a word and then ends the connection behind it, so
// that a test need not hit the moment by time.
type cue struct {
	Word   string `json:"word"`
	Behind int    `json:"behind"` // bytes from the begin of the word that still pass
	Times  int    `json:"times"`  // connections that it ends

	mu    sync.Mutex
	taken int // connections on which the word was heard, Times at most
	ended int // of them
}

func (c *cue) made() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// take says whether one more connection is to be ended.
func (c *cue) take() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taken >= c.Times {
		return false
	}
	c.taken++
	return true
}

func (c *cue) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended++
}

// cueState is what a cue knows of one connection. Toxiproxy keeps it while it puts
// other toxics beside this one.
type cueState struct {
	heard bool
	left  int // bytes that still pass, once the word was heard
}

// NewState makes this a toxics.StatefulToxic.
func (c *cue) NewState() any { return new(cueState) }

// Pipe passes on what comes, up to the cue. A word that comes in two pieces is not
// heard: servers write an answer at once.
func (c *cue) Pipe(stub *toxics.ToxicStub) {
	state := stub.State.(*cueState)
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			data, end := c.pass(state, chunk.Data)
			if len(data) > 0 {
				stub.Output <- &stream.StreamChunk{Data: data, Timestamp: chunk.Timestamp}
			}
			if end {
				c.end()
				stub.Close()
				return
			}
		}
	}
}

// pass returns what may pass of data, and whether that is the end.
func (c *cue) pass(state *cueState, data []byte) ([]byte, bool) {
	if !state.heard {
		at := bytes.Index(data, []byte(c.Word))
		if at < 0 || !c.take() {
			return data, false
		}
		state.heard, state.left = true, at+c.Behind
	}
	if len(data) < state.left {
		state.left -= len(data)
		return data, false
	}
	return data[:state.left], true
}
