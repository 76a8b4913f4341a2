package ical

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"
)

// shift is a moment at which the clocks of a zone change.
type shift struct {
	at     int64 // Unix seconds
	offset int   // seconds east of UTC from then on
	summer bool
	abbrev string
}

// location makes a time.Location of shifts, which must ascend. Before the first
// of them, first is the offset. The way leads over the bytes of a zone file
// (RFC 8536, version 2), the one door that package time has.
func location(name string, first int, shifts []shift) (*time.Location, error) {
	var kinds, abbrevs bytes.Buffer
	var times, indexes bytes.Buffer
	index, full := map[shift]byte{}, false
	kind := func(s shift) byte {
		key := shift{offset: s.offset, summer: s.summer, abbrev: s.abbrev}
		if i, ok := index[key]; ok {
			return i
		}
		index[key] = byte(len(index))
		put(&kinds, int32(s.offset))
		put(&kinds, s.summer)
		put(&kinds, byte(abbrevs.Len()))
		abbrevs.WriteString(s.abbrev + "\x00")
		full = full || len(index) > 255 || abbrevs.Len() > 240
		return index[key]
	}
	// The kind that no shift leads to is what holds before them all.
	kind(shift{offset: first, abbrev: "LMT"})
	for _, s := range shifts {
		put(&times, s.at)
		indexes.WriteByte(kind(s))
	}
	if full {
		return nil, errors.New("it has more than two hundred kinds of time")
	}
	var file bytes.Buffer
	header(&file, 0, 1, 1)
	file.Write([]byte{0, 0, 0, 0, 0, 0, 0}) // a block for old readers, with one kind and one empty name
	header(&file, len(shifts), len(index), abbrevs.Len())
	for _, part := range []*bytes.Buffer{&times, &indexes, &kinds, &abbrevs} {
		file.Write(part.Bytes())
	}
	file.WriteString("\n\n") // no rule for later: years without a shift are refused elsewhere
	return time.LoadLocationFromTZData(name, file.Bytes())
}

func header(b *bytes.Buffer, shifts, kinds, names int) {
	b.WriteString("TZif2")
	b.Write(make([]byte, 15))
	for _, n := range []int{0, 0, 0, shifts, kinds, names} {
		put(b, uint32(n))
	}
}

// put writes to memory, which does not fail.
func put(b *bytes.Buffer, value any) { _ = binary.Write(b, binary.BigEndian, value) }
