package agenda

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var screenshots = flag.String("screenshots", "", "write pictures of the letters into this folder (make screenshots)")

const mostPicture = 150 << 10 // bytes: pictures are part of the repository

// TestScreenshots writes how the letters look on a phone, in a mail program and
// on a wide screen, by day and by night.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("pictures are made by: make screenshots")
	}
	b := chromium(t)
	for _, d := range []struct {
		name  string
		shown letter
		until string // the section before which a picture of a narrow window ends
	}{
		{"agenda", ordinary(), "Prep"}, {"agenda-travel", travel(), ""}, {"digest", evening(), ""}, {"review", friday(), ""}, {"check-in", rahul(), ""},
	} {
		address := serve(t, d.shown)
		for _, width := range []int{360, 600, 1200} {
			for _, scheme := range []string{"light", "dark"} {
				scale, until := 1.5, d.until
				if width == 1200 {
					scale, until = 1, ""
				}
				b.screen(width, 900, scale, scheme)
				b.show(address)
				name := filepath.Join(*screenshots, fmt.Sprintf("%s-%d-%s.png", d.name, width, scheme))
				small := fewColors(t, b.picture(width, until))
				if len(small) > mostPicture {
					t.Errorf("%s has %d bytes; at most %d are wanted", name, len(small), mostPicture)
				}
				if err := os.WriteFile(name, small, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// serve puts a letter on an address of this machine, and nothing beside it.
func serve(t *testing.T, one letter) string {
	t.Helper()
	l := rendered(t, ready(one))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(l.HTML))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// fewColors writes a picture of text with the 256 colours it mostly has: a third of
// the bytes, and nobody sees it.
func fewColors(t *testing.T, raw []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	for y := range full.Bounds().Dy() {
		for x := range full.Bounds().Dx() {
			count[color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)]++
		}
	}
	byCount := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(int(a.R)<<16|int(a.G)<<8|int(a.B), int(b.R)<<16|int(b.G)<<8|int(b.B)))
	})
	var palette color.Palette
	for _, c := range byCount[:min(len(byCount), 256)] {
		palette = append(palette, c)
	}
	few := image.NewPaletted(full.Bounds(), palette)
	draw.Draw(few, full.Bounds(), full, image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
