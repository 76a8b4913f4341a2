package demo

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"path"
	"strings"
)

// makeFile returns a small, valid file of the kind that its name says, and the
// media type. The same name and title give the same bytes.
func makeFile(name, title string) (content []byte, media string, err error) {
	switch ext := path.Ext(name); ext {
	case ".pdf":
		return pdf(title), "application/pdf", nil
	case ".png":
		content, err = picture(name)
		return content, "image/png", err
	case ".docx":
		content, err = document(title)
		return content, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", err
	case ".zip":
		content, err = archive([][2]string{{"readme.txt", title + "\n"}})
		return content, "application/zip", err
	case ".csv":
		return []byte("line,units,hours\n" + strings.ToLower(path.Base(name)) + ",42,7.5\n"), "text/csv", nil
	case ".html":
		return []byte(markup(title, "Please sign in to read this document.\n")), "text/html", nil
	default:
		return nil, "", fmt.Errorf("attaching %q: the demo makes pdf, png, docx, zip, csv and html files", name)
	}
}

// pdf writes a one-page PDF 1.4 file with the title on it. The cross-reference
// table needs the offset of every object.
func pdf(title string) []byte {
	text := strings.NewReplacer("(", "", ")", "", `\`, "").Replace(asciiOnly(title))
	stream := fmt.Sprintf("BT /F1 18 Tf 72 720 Td (%s) Tj ET", text)
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(stream), stream),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	xref := "0000000000 65535 f \n"
	for i, o := range objects {
		xref += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n",
		len(objects)+1, xref, len(objects)+1, start)
	return b.Bytes()
}

func asciiOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// picture draws a small gradient whose colour comes from the file's name.
func picture(name string) ([]byte, error) {
	const width, height = 48, 24
	seed := hash(name)
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.RGBA{R: uint8(seed), G: uint8(x * 5), B: uint8(y * 10), A: 255})
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

// document is the least that a word processor opens as .docx (ECMA-376).
func document(title string) ([]byte, error) {
	const xml = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	return archive([][2]string{
		{"[Content_Types].xml", xml + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", xml + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", xml + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>` + strings.NewReplacer("&", "and", "<", "", ">", "").Replace(title) + `</w:t></w:r></w:p></w:body></w:document>`},
	})
}

// archive is a ZIP file of names and contents; without times, so that it is the
// same at every build.
func archive(files [][2]string) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f[0])
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}
