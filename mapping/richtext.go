package mapping

import (
	"html"
	"strings"
	"unicode"
)

// plain returns the text of a rich text field: tags and comments dropped,
// script and style with all that they hold, line breaks where a page would have
// them, white space single as a page would show it, entities decoded. Text
// without tags keeps its white space.
func plain(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	tokens := tokenize(s)
	if len(tokens) == 1 && tokens[0].tag == "" {
		return decode(s)
	}
	var p page
	for _, t := range tokens {
		if t.tag == "" {
			p.text(decode(t.text))
		} else {
			p.tag(t.tag)
		}
	}
	return strings.Trim(p.out.String(), "\n")
}

// token is a stretch of text, or the name of a tag in lower case.
type token struct {
	text string
	tag  string
}

// tokenize splits HTML into text and tags. A "<" that begins no tag is text.
func tokenize(s string) []token {
	var tokens []token
	var c cutter
	last := strings.LastIndexByte(s, '>')
	start := 0 // of the text that is being collected
	for at := 0; at < last; {
		if s[at] != '<' {
			at++
			continue
		}
		tag, size := c.cut(s[at:])
		if size == 0 {
			at++
			continue
		}
		if at > start {
			tokens = append(tokens, token{text: s[start:at]})
		}
		tokens = append(tokens, token{tag: tag})
		at += size
		start = at
	}
	if start < len(s) {
		tokens = append(tokens, token{text: s[start:]})
	}
	return tokens
}

// cutter cuts tags off the front of a text.
type cutter struct {
	// unpaired is set once a quotation mark was never closed. From then on
	// they are ordinary characters, which keeps the work linear.
	unpaired bool
}

// cut returns the name and the size of the tag that s begins with; the size is
// 0 if it begins with none. A script or style includes what it holds, and
// whatever is never closed ends with s.
func (c *cutter) cut(s string) (tag string, size int) {
	if strings.HasPrefix(s, "<!--") {
		return "!", through(s, "-->")
	}
	name := strings.TrimPrefix(s[1:], "/")
	n := 0
	for n < len(name) && isTagByte(name[n], n) {
		n++
	}
	if n == 0 || n == len(name) || !strings.Contains("/> \t\r\n", name[n:n+1]) {
		return "", 0
	}
	tag = strings.ToLower(name[:n])
	if s[1] != '/' && (tag == "script" || tag == "style") {
		return tag, through(s, "</"+tag+">")
	}
	return tag, c.tagSize(s)
}

func isTagByte(c byte, at int) bool {
	letter := 'a' <= c|0x20 && c|0x20 <= 'z'
	return letter || at > 0 && (c == ':' || c == '-' || '0' <= c && c <= '9')
}

// tagSize returns how long the tag at the front of s is, with its ">", which
// may also stand inside quotation marks.
func (c *cutter) tagSize(s string) int {
	quote := byte(0)
	for i := 0; i < len(s) && !c.unpaired; i++ {
		switch b := s[i]; {
		case quote != 0 && b == quote:
			quote = 0
		case quote == 0 && (b == '"' || b == '\''):
			quote = b
		case quote == 0 && b == '>':
			return i + 1
		}
	}
	c.unpaired = true
	return through(s, ">")
}

// through returns the size of s up to and including end, whatever its case, or
// of all of s if end does not follow.
func through(s, end string) int {
	for i := 0; i+len(end) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(end)], end) {
			return i + len(end)
		}
	}
	return len(s)
}

// page collects text as it would be laid out.
type page struct {
	out   strings.Builder
	fresh bool // at the start of a line
	space bool // white space is due before the next word
}

func (p *page) text(s string) {
	for _, r := range s {
		if unicode.IsSpace(r) {
			p.space = true
			continue
		}
		if p.space && p.out.Len() > 0 && !p.fresh {
			p.out.WriteByte(' ')
		}
		p.out.WriteRune(r)
		p.space, p.fresh = false, false
	}
}

func (p *page) tag(name string) {
	switch {
	case name == "br":
		p.newline()
	case blocks[name] && p.out.Len() > 0 && !p.fresh:
		p.newline()
	case cells[name]:
		p.space = true
	}
}

func (p *page) newline() {
	p.out.WriteByte('\n')
	p.space, p.fresh = false, true
}

// blocks are the elements that begin and end on a line of their own.
var blocks = set(`address article aside blockquote center dd div dl dt fieldset figure footer form
	h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul`)

// cells are the elements that stand beside each other.
var cells = set("td th")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}

// decode decodes the entities of s. Unlike a browser it leaves those without a
// semicolon alone, so that "R&notes" stays what it is.
func decode(s string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, "&")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		n := 0
		for n < len(after) && (isTagByte(after[n], 1) || n == 0 && after[n] == '#') {
			n++
		}
		if n < len(after) && after[n] == ';' {
			out.WriteString(html.UnescapeString("&" + after[:n+1]))
			n++
		} else {
			out.WriteString("&" + after[:n])
		}
		s = after[n:]
	}
}
