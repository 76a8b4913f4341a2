package gcal

import "time"

// Act is what a fault does to a request.
type Act int

// What can go wrong with a request.
const (
	None       Act = iota // nothing but what Wait says
	Refuse                // answers Status with Reason and does nothing
	DropBefore            // cuts the connection before anything is done
	DropAfter             // does what was asked and cuts the connection instead of answering
	EmptyList             // answers a list without its items, as if there were none: events.list
	EmptyPage             // answers a page without items that has a next page: events.list
)

// Fault is one line of the fault script.
type Fault struct {
	On     string // method of the API, "events.insert", or "oauth.token"; "" for every one
	Skip   int    // so many matching requests pass first
	Times  int    // how many requests it hits; 0 stands for 1
	Act    Act
	Status int           // of Refuse
	Reason string        // of Refuse; for oauth.token the error code, "invalid_grant"
	Wait   time.Duration // before anything else is done
}

// The refusals that Google's guide on errors asks every client to expect. 403 and
// 429 rateLimitExceeded mean the same.
var (
	RateLimit403 = Fault{Act: Refuse, Status: 403, Reason: "rateLimitExceeded"}
	RateLimit429 = Fault{Act: Refuse, Status: 429, Reason: "rateLimitExceeded"}
	BackendError = Fault{Act: Refuse, Status: 500, Reason: "backendError"}
	Unavailable  = Fault{Act: Refuse, Status: 503, Reason: "backendError"}
	Unauthorised = Fault{Act: Refuse, Status: 401, Reason: "authError"}
	InvalidGrant = Fault{On: "oauth.token", Act: Refuse, Status: 400, Reason: "invalid_grant"}
)

// Next is the fault for the next n requests of a method: RateLimit429.Next(3, "events.list").
func (f Fault) Next(n int, on string) Fault {
	f.Times, f.On = n, on
	return f
}

func (f Fault) drops() bool { return f.Act == DropBefore }

// Script appends faults. A request meets the first of them that matches it and
// has some left, and only that one.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		f.Times = max(f.Times, 1)
		s.faults = append(s.faults, &f)
	}
}

// Scripted returns how many requests the script still waits for: 0 says that
// everything in it has happened.
func (s *Server) Scripted() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		n += f.Skip + f.Times
	}
	return n
}

// takeFault returns the fault that a request meets, and the zero Fault for none.
func (s *Server) takeFault(name string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		switch {
		case f.Times == 0 || f.On != "" && f.On != name:
			continue
		case f.Skip > 0:
			f.Skip--
			return Fault{}
		}
		f.Times--
		return *f
	}
	return Fault{}
}
