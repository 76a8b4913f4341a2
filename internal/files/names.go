package files

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxName      = 140 // bytes; file systems that encrypt names take 143
	maxExtension = 16  // bytes with the dot; what is longer is prose after a dot
)

// safeName makes a file name of what a stranger wrote, the same for the same
// input everywhere: one part of a path, visible, readable in one direction, that
// Linux, macOS and Windows all take. Where nothing is left of the name, it is
// called after its media type; without a type, "" is returned.
func safeName(name, mediaType string) string {
	// One form of accents, which are joined only after what stood between is gone.
	name = norm.NFC.String(strings.Map(safeRune, strings.ToValidUTF8(name, "")))
	// Spaces are joined: a row of them pushes the true extension out of sight.
	name = strings.Join(strings.Fields(name), " ")
	// A dot in front hides a file, a dash makes it an option of a command;
	// Windows drops dots and spaces at the end, and so finds another file.
	name = strings.TrimRight(strings.TrimLeft(name, ". -"), ". ")
	if name == "" {
		if mediaType == "" {
			return ""
		}
		name = "attachment" + extensionOf(mediaType)
	}
	if isDevice(name) {
		name = "_" + name
	}
	return shorten(name, "")
}

func safeRune(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case strings.ContainsRune(`/\:*?"<>|`, r):
		return '-'
	case !unicode.IsPrint(r), slices.Contains(blanks, r):
		// Among what is not printed are NUL, line breaks and the signs that turn
		// the direction of text, by which "exe.pdf" can be shown for "fdp.exe".
		return -1
	}
	return r
}

// blanks are letters and signs that show nothing.
var blanks = []rune{'\u115f', '\u1160', '\u2800', '\u3164', '\uffa0'}

// isDevice reports whether Windows takes the name for a device, whatever its
// extension: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
func isDevice(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	if slices.Contains([]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}, base) {
		return true
	}
	number, ok := strings.CutPrefix(base, "COM")
	if !ok {
		number, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && utf8.RuneCountInString(number) == 1 && strings.Contains("0123456789¹²³", number)
}

// numbered is the name of the nth file that would be called name: "q3.pdf",
// "q3 (2).pdf".
func numbered(name string, n int) string {
	if n < 2 {
		return name
	}
	return shorten(name, fmt.Sprintf(" (%d)", n))
}

// shorten puts a mark between stem and extension and cuts the stem, never inside
// a character, until all of it is short enough.
func shorten(name, mark string) string {
	stem, ext := split(name)
	if room := maxName - len(mark) - len(ext); len(stem) > room {
		for !utf8.RuneStart(stem[room]) {
			room--
		}
		stem = strings.TrimRight(stem[:room], ". ")
	}
	return stem + mark + ext
}

// split parts a name into stem and extension. The extension is empty where the
// last dot does not look like the start of one.
func split(name string) (stem, ext string) {
	ext = path.Ext(name)
	if len(ext) < 2 || len(ext) > maxExtension || len(ext) == len(name) || strings.Contains(ext, " ") {
		return name, ""
	}
	return strings.TrimSuffix(name, ext), ext
}

// extensionOf is the usual extension of a media type. The table is ours, because
// the system's differs from machine to machine, and a name must not.
func extensionOf(mediaType string) string {
	mediaType, _, _ = strings.Cut(strings.ToLower(mediaType), ";")
	if ext, ok := extensions[strings.TrimSpace(mediaType)]; ok {
		return ext
	}
	return ".bin"
}

var extensions = map[string]string{
	"application/json":                                ".json",
	"application/msword":                              ".doc",
	"application/pdf":                                 ".pdf",
	"application/rtf":                                 ".rtf",
	"application/vnd.ms-excel":                        ".xls",
	"application/vnd.ms-powerpoint":                   ".ppt",
	"application/vnd.oasis.opendocument.presentation": ".odp",
	"application/vnd.oasis.opendocument.spreadsheet":  ".ods",
	"application/vnd.oasis.opendocument.text":         ".odt",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/xml": ".xml",
	"application/zip": ".zip",
	"audio/mpeg":      ".mp3",
	"audio/wav":       ".wav",
	"image/gif":       ".gif",
	"image/heic":      ".heic",
	"image/jpeg":      ".jpg",
	"image/png":       ".png",
	"image/svg+xml":   ".svg",
	"image/tiff":      ".tif",
	"image/webp":      ".webp",
	"message/rfc822":  ".eml",
	"text/calendar":   ".ics",
	"text/csv":        ".csv",
	"text/html":       ".html",
	"text/markdown":   ".md",
	"text/plain":      ".txt",
	"text/rtf":        ".rtf",
	"text/vcard":      ".vcf",
	"text/xml":        ".xml",
	"video/mp4":       ".mp4",
	"video/quicktime": ".mov",
}
