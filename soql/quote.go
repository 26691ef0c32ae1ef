package soql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Quote is s as a SOQL string literal, with the quotes around it. Whatever s
// holds, it stays one string: [Parse] reads it back as s, but for bytes that
// are not UTF-8, each of which becomes U+FFFD.
//
// Quote is for text outside of this package's trees, which quote on their own.
// In a LIKE pattern it leaves % and _ to be wildcards; [StartsWith] and
// [Contains] escape them.
func Quote(s string) string {
	return string(appendText(nil, s))
}

// escapes are the letters that stand for a character behind a backslash. The
// upper-case letters mean the same.
var escapes = map[byte]byte{
	'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f', '"': '"', '\'': '\'', '\\': '\\',
}

// appendText appends s as a string literal.
func appendText(b []byte, s string) []byte {
	b = append(b, '\'')
	for _, r := range s {
		b = appendRune(b, r)
	}
	return append(b, '\'')
}

// appendPattern appends s, the pattern of a LIKE, as a string literal. The
// pattern's own escapes are written as they are.
func appendPattern(b []byte, s string) []byte {
	b = append(b, '\'')
	for i := 0; i < len(s); {
		if isPatternEscape(s[i:]) {
			b = append(b, s[i:i+2]...)
			i += 2
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = appendRune(b, r)
		i += size
	}
	return append(b, '\'')
}

// appendRune appends a character of a string literal, escaped when it has to be.
func appendRune(b []byte, r rune) []byte {
	switch r {
	case '\'', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	}
	if r < ' ' || 0x7f <= r && r < 0xa0 || r == '\u2028' || r == '\u2029' {
		return fmt.Appendf(b, `\u%04x`, r)
	}
	return utf8.AppendRune(b, r)
}

// isPatternEscape reports whether s starts with an escape of the LIKE pattern.
func isPatternEscape(s string) bool {
	return len(s) > 1 && s[0] == '\\' && strings.IndexByte(`%_\`, s[1]) >= 0
}

// isPattern reports whether every backslash in s belongs to an escape of the
// LIKE pattern.
func isPattern(s string) bool {
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return true
		}
		if !isPatternEscape(s[i:]) {
			return false
		}
		s = s[i+2:]
	}
}

// escapePattern makes s match only itself in a LIKE pattern.
var escapePattern = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace

// unquote is the meaning of the string literal src[t.pos:t.end]. In a pattern,
// \% \_ and \\ stay as they are; elsewhere only the last is an escape.
func (l *lexer) unquote(t token, pattern bool) string {
	body := l.src[t.pos+1 : t.end-1]
	if strings.IndexByte(body, '\\') < 0 {
		return body
	}
	b := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		if body[i] != '\\' {
			b = append(b, body[i])
			i++
			continue
		}
		if pattern && isPatternEscape(body[i:]) {
			b = append(b, body[i:i+2]...)
			i += 2
			continue
		}
		r, size := l.escape(t.pos+1+i, pattern)
		b = utf8.AppendRune(b, r)
		i += size
	}
	return string(b)
}

// escape is the character for which the escape at src[i] stands, and the
// escape's length.
func (l *lexer) escape(i int, pattern bool) (r rune, size int) {
	c := l.src[i+1]
	if c == 'u' {
		return l.unicodeEscape(i, pattern)
	}
	if isLetter(c) {
		c |= 0x20
	}
	if c, ok := escapes[c]; ok {
		return rune(c), 2
	}
	if c == '%' || c == '_' {
		fail(i, `\%c is an escape beside LIKE only`, c)
	}
	fail(i, `unknown escape: a backslash is written \\`)
	return 0, 0
}

// unicodeEscape reads \u0041, and two of them for a character beyond U+FFFF.
func (l *lexer) unicodeEscape(i int, pattern bool) (r rune, size int) {
	r, size = l.hexEscape(i), len(`\u0041`)
	if utf16.IsSurrogate(r) && strings.HasPrefix(l.src[i+size:], `\u`) {
		r = utf16.DecodeRune(r, l.hexEscape(i+size))
		size *= 2
	}
	if utf16.IsSurrogate(r) || size > len(`\u0041`) && r == utf8.RuneError {
		fail(i, `\u escape of half a character`)
	}
	if pattern && strings.ContainsRune(`%_\`, r) {
		fail(i, `write %q beside LIKE without \u`, r)
	}
	return r, size
}

// hexEscape is the number in the \u escape at src[i].
func (l *lexer) hexEscape(i int) rune {
	digits := l.src[i+2 : min(i+6, len(l.src))]
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) < 4 {
		fail(i, `\u needs four hexadecimal digits`)
	}
	return rune(n)
}
