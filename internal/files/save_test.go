package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

func pdf(content string) []Part {
	return []Part{{Name: "q3.pdf", Type: "application/pdf", Content: []byte(content)}}
}

func paths(saved []Saved) (names []string) {
	for _, s := range saved {
		names = append(names, s.Path)
	}
	return names
}

// save saves and returns the paths.
func save(t *testing.T, b *Box, folder string, parts []Part) []Saved {
	t.Helper()
	saved, err := b.Save(folder, parts)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func TestOpen(t *testing.T) {
	at := filepath.Join(t.TempDir(), "a", "b")
	b, err := Open(at)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	tree(t, filepath.Dir(at))
	for _, mode := range []os.FileMode{0o750, 0o705, 0o701, 0o722} {
		if err := os.Chmod(at, mode); err != nil {
			t.Fatal(err)
		}
		_, err = Open(at)
		says(t, err, "opening the folder for files", "others can get at", "chmod 700 "+at)
	}
	file := filepath.Join(t.TempDir(), "file")
	put(t, filepath.Dir(file), "file", "x")
	_, err = Open(file)
	says(t, err, "nothing was saved")
}

func TestSave(t *testing.T) {
	for name, tc := range map[string]struct {
		there  map[string]string
		folder string
		parts  []Part
		want   []string
	}{
		"into the box itself":                {nil, "", pdf("a"), []string{"q3.pdf"}},
		"into a folder that is made":         {nil, "Board/2026", pdf("a"), []string{"Board/2026/q3.pdf"}},
		"a folder's name is made safe":       {nil, "Board: papers/CON/.hidden./", pdf("a"), []string{"Board- papers/_CON/hidden/q3.pdf"}},
		"nothing is overwritten":             {map[string]string{"q3.pdf": "theirs"}, "", pdf("a"), []string{"q3 (2).pdf"}},
		"the first free number":              {map[string]string{"q3.pdf": "x", "q3 (2).pdf": "y", "q3 (4).pdf": "z"}, "", pdf("a"), []string{"q3 (3).pdf"}},
		"what is there is what was saved":    {map[string]string{"q3.pdf": "a"}, "", pdf("a"), []string{"q3.pdf"}},
		"also under a number":                {map[string]string{"q3.pdf": "x", "q3 (2).pdf": "a"}, "", pdf("a"), []string{"q3 (2).pdf"}},
		"also when a lower number is free":   {map[string]string{"q3 (3).pdf": "a"}, "", pdf("a"), []string{"q3 (3).pdf"}},
		"an empty file":                      {nil, "", pdf(""), []string{"q3.pdf"}},
		"two of one name":                    {nil, "", append(pdf("a"), pdf("b")...), []string{"q3.pdf", "q3 (2).pdf"}},
		"the same twice":                     {nil, "", append(pdf("a"), pdf("a")...), []string{"q3.pdf", "q3.pdf"}},
		"no name and no type":                {nil, "", []Part{{Content: []byte("a")}}, []string{"attachment.bin"}},
		"what a crash left half is replaced": {map[string]string{".foredesk-" + sum([]byte("q3.pdf"))[:16]: "hal"}, "", pdf("half"), []string{"q3.pdf"}},
		"nothing to save":                    {nil, "", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := newBox(t)
			for name, text := range tc.there {
				put(t, dir, name, text)
			}
			saved := save(t, b, tc.folder, tc.parts)
			if got := paths(saved); !slices.Equal(got, tc.want) {
				t.Fatalf("saved as %q, not %q", got, tc.want)
			}
			for i, s := range saved {
				if got := get(t, dir, s.Path); got != string(tc.parts[i].Content) || s.SHA256 != sum([]byte(got)) {
					t.Errorf("%s holds %q", s.Path, got)
				}
			}
			before := tree(t, dir)
			if again := save(t, b, tc.folder, tc.parts); !slices.Equal(again, saved) || !slices.Equal(tree(t, dir), before) {
				t.Errorf("a repeat gave %q and left %q", paths(again), tree(t, dir))
			}
			if slices.ContainsFunc(before, func(s string) bool { return strings.Contains(s, ".foredesk-") }) {
				t.Errorf("there is a temporary file: %q", before)
			}
		})
	}
}

func TestSaveRefuses(t *testing.T) {
	outside := private(t)
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, dir string)
		folder  string
		parts   []Part
		says    string
	}{
		"a way out":                      {nil, "../x", pdf("a"), "no name inside"},
		"a way out in the middle":        {nil, "a/../../x", pdf("a"), "no name inside"},
		"a folder without a name":        {nil, "a/\u202e/b", pdf("a"), "no name inside"},
		"a link that leads out":          {link("Board", outside), "Board", pdf("a"), "escapes"},
		"a relative link that leads out": {link("Board", "../.."), "Board/x", pdf("a"), "escapes"},
		"a file in the folder's place":   {func(t *testing.T, dir string) { put(t, dir, "Board", "x") }, "Board", pdf("a"), "not a folder"},
		"too many":                       {nil, "", make([]Part, maxParts+1), "more than 500"},
		"too large":                      {nil, "", []Part{{Content: make([]byte, maxFile+1)}}, "larger than 128 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := newBox(t)
			if tc.prepare != nil {
				tc.prepare(t, dir)
			}
			before := tree(t, dir)
			saved, err := b.Save(tc.folder, tc.parts)
			says(t, err, tc.says, "saved")
			if after := tree(t, dir); len(saved) != 0 || !slices.Equal(before, after) || len(tree(t, outside)) != 0 {
				t.Errorf("saved %q; there is %q", saved, after)
			}
			if strings.Contains(name, "out") {
				faulttest.Injected(t, "S9", 1)
			}
		})
	}
}

func link(name, to string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// A link or a pipe under the attachment's name is left alone and not opened.
func TestSaveDoesNotFollowWhatIsInTheWay(t *testing.T) {
	b, dir := newBox(t)
	outside := filepath.Join(t.TempDir(), "theirs")
	put(t, filepath.Dir(outside), "theirs", "a")
	link("q3.pdf", outside)(t, dir)
	if err := syscall.Mkfifo(filepath.Join(dir, "q3 (2).pdf"), 0o600); err != nil {
		t.Fatal(err)
	}
	if saved := save(t, b, "", pdf("a")); saved[0].Path != "q3 (3).pdf" {
		t.Errorf("saved as %q", saved[0].Path)
	}
	err := b.Remove([]Saved{{"q3.pdf", sum([]byte("a"))}, {"q3 (2).pdf", sum(nil)}})
	if says(t, err, `"q3.pdf"`, `"q3 (2).pdf"`); !errors.Is(err, ErrChanged) || get(t, filepath.Dir(outside), "theirs") != "a" {
		t.Error("what a link leads to was touched")
	}
	faulttest.Injected(t, "S9", 2)
}

func TestSaveReturnsWhatWasSavedBeforeAnError(t *testing.T) {
	b, _ := newBox(t)
	saved, err := b.Save("", append(pdf("a"), Part{Content: make([]byte, maxFile+1)}))
	if says(t, err, "attachment 2 of 2"); len(saved) != 1 || saved[0].Path != "q3.pdf" {
		t.Errorf("saved %q", saved)
	}
}

func TestRemove(t *testing.T) {
	b, dir := newBox(t)
	saved := save(t, b, "Board", []Part{{Name: "a.pdf", Content: []byte("a")}, {Name: "b.pdf", Content: []byte("b")}, {Name: "c.pdf", Content: []byte("c")}})
	put(t, dir, "Board/b.pdf", "b with a person's notes")
	if err := os.Remove(filepath.Join(dir, "Board", "c.pdf")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a repeat says the same
		err := b.Remove(saved)
		if says(t, err, `removing the saved file "Board/b.pdf"`, "changed after it was saved", "by hand"); !errors.Is(err, ErrChanged) {
			t.Errorf("%v is not ErrChanged", err)
		}
		if left := tree(t, dir); !slices.Equal(left, []string{"Board/b.pdf"}) {
			t.Errorf("left: %q", left)
		}
	}
	if err := b.Remove([]Saved{{"../box/Board/b.pdf", sum([]byte("b with a person's notes"))}}); err == nil {
		t.Error("a path out of the box was followed")
	}
}

// Without links in the file system, too, nothing is overwritten.
func TestRenameNewDoesNotOverwrite(t *testing.T) {
	b, dir := newBox(t)
	put(t, dir, "tmp", "ours")
	put(t, dir, "there", "theirs")
	if err := b.renameNew("tmp", "there"); !errors.Is(err, os.ErrExist) || get(t, dir, "there") != "theirs" {
		t.Errorf("%v", err)
	}
	if err := b.renameNew("tmp", "new"); err != nil || get(t, dir, "new") != "ours" {
		t.Errorf("%v", err)
	}
}

// Two boxes on one folder, as two accounts may have, get in nobody's way.
func TestBoxesOnOneFolder(t *testing.T) {
	_, dir := newBox(t)
	other := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, other); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		b, err := Open([]string{dir, other}[i%2])
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		all.Go(func() {
			for n := range 5 {
				if _, err := b.Save("in", pdf(fmt.Sprint(i, n))); err != nil {
					t.Error(err)
				}
				if err := b.AddLine("in/x.csv", fmt.Sprintf("id%d-%d", i, n), [][2]string{{"a", "1"}}); err != nil {
					t.Error(err)
				}
				if err := b.RemoveLine("in/x.csv", fmt.Sprintf("id%d-%d", i, n-1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if left := tree(t, dir); len(left) != 41 {
		t.Errorf("there are %d files: %q", len(left), left)
	}
	if lines := strings.Count(get(t, dir, "in/x.csv"), "\n"); lines != 9 {
		t.Errorf("there are %d lines", lines)
	}
}
