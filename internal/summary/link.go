package summary

import "strings"

// URLs returns the links that stand in plain text, as programs that show mail
// would make them: what begins with http:// or https://, without the
// punctuation around it. Their words are the URL.
func URLs(text string) []Link {
	var links []Link
	for at := 0; at < len(text) && len(links) < maxLinks; {
		i := strings.Index(text[at:], "://")
		if i < 0 {
			break
		}
		start, end := schemeStart(text, at+i), urlEnd(text, at+i+3)
		at = end
		if start < 0 {
			continue
		}
		if url := webURL(trimURL(text[start:end])); url != "" {
			links = append(links, Link{Text: url, URL: url})
		}
	}
	return links
}

// schemeStart returns where "http" or "https" starts before a colon, or -1.
func schemeStart(text string, colon int) int {
	for _, scheme := range []string{"https", "http"} {
		if start := colon - len(scheme); start >= 0 && strings.EqualFold(text[start:colon], scheme) {
			return start
		}
	}
	return -1
}

func urlEnd(text string, at int) int {
	for at < len(text) && text[at] > ' ' && strings.IndexByte("<>\"`{}|\\^", text[at]) < 0 {
		at++
	}
	return at
}

// trimURL takes off punctuation that ends a sentence, and a bracket that was
// opened before the URL.
func trimURL(url string) string {
	for url != "" {
		last := url[len(url)-1]
		bracket := last == ')' && strings.Count(url, "(") < strings.Count(url, ")") || last == ']' && !strings.Contains(url, "[")
		if !bracket && strings.IndexByte(".,;:!?'*_", last) < 0 {
			return url
		}
		if len(url) > maxURL {
			return ""
		}
		url = url[:len(url)-1]
	}
	return url
}
