package soql

// kind is the kind of a lexical token. Keywords come last: the soft ones are
// names wherever a name is asked for, the reserved ones never.
type kind uint8

const (
	tokEOF kind = iota
	tokName
	tokText
	tokNumber
	tokDate
	tokDateTime
	tokTime
	tokToken // %name%

	tokLParen
	tokRParen
	tokComma
	tokDot
	tokColon
	tokEq
	tokNe
	tokLt
	tokLe
	tokGt
	tokGe

	softKeyword
	kwAll
	kwAs
	kwBy
	kwFor
	kwIs
	kwOffset
	kwUpdate

	reservedKeyword
	kwAnd
	kwAsc
	kwDesc
	kwExcludes
	kwFalse
	kwFirst
	kwFrom
	kwGroup
	kwHaving
	kwIn
	kwIncludes
	kwLast
	kwLike
	kwLimit
	kwNot
	kwNull
	kwNulls
	kwOr
	kwOrder
	kwSelect
	kwTrue
	kwTypeof
	kwUsing
	kwWhere
	kwWith

	kinds // how many there are
)

// keywords maps the upper-case spelling of every keyword to its kind.
var keywords = map[string]kind{
	"ALL": kwAll, "AS": kwAs, "BY": kwBy, "FOR": kwFor, "IS": kwIs, "OFFSET": kwOffset, "UPDATE": kwUpdate,
	"AND": kwAnd, "ASC": kwAsc, "DESC": kwDesc, "EXCLUDES": kwExcludes, "FALSE": kwFalse, "FIRST": kwFirst,
	"FROM": kwFrom, "GROUP": kwGroup, "HAVING": kwHaving, "IN": kwIn, "INCLUDES": kwIncludes, "LAST": kwLast,
	"LIKE": kwLike, "LIMIT": kwLimit, "NOT": kwNot, "NULL": kwNull, "NULLS": kwNulls, "OR": kwOr,
	"ORDER": kwOrder, "SELECT": kwSelect, "TRUE": kwTrue, "TYPEOF": kwTypeof, "USING": kwUsing,
	"WHERE": kwWhere, "WITH": kwWith,
}

// maxKeyword is the length of the longest keyword.
const maxKeyword = len("EXCLUDES")

// token is one lexical token: src[pos:end].
type token struct {
	kind     kind
	pos, end int
}

// keywordOf is the kind of a word: a keyword's in any case, else tokName.
func keywordOf(word string) kind {
	if n := len(word); n < 2 || n > maxKeyword || !isLetter(word[0]) {
		return tokName
	}
	for _, k := range keywordsBy[len(word)][word[0]|0x20-'a'] {
		if k.spells(word) {
			return k.kind
		}
	}
	return tokName
}

// keyword is a keyword in upper case.
type keyword struct {
	spelling string
	kind     kind
}

// keywordsBy sorts the keywords by their length and first letter, which leaves
// one or two to compare with.
var keywordsBy = func() (table [maxKeyword + 1]['z' - 'a' + 1][]keyword) {
	for spelling, k := range keywords {
		list := &table[len(spelling)][spelling[0]-'A']
		*list = append(*list, keyword{spelling, k})
	}
	return table
}()

// spells reports whether a word of the same length is the keyword in any case.
func (k keyword) spells(word string) bool {
	for i := range len(word) {
		if word[i]&^0x20 != k.spelling[i] {
			return false
		}
	}
	return true
}

// copyUpper copies a word in upper case and tells its length.
func copyUpper(to []byte, word string) int {
	n := copy(to, word)
	for i, c := range to[:n] {
		if 'a' <= c && c <= 'z' {
			to[i] = c - 'a' + 'A'
		}
	}
	return n
}

// isName reports whether a token of this kind can be the name of a field or a
// function.
func (k kind) isName() bool {
	return k == tokName || softKeyword < k && k < reservedKeyword
}

// namesObject reports whether a token of this kind can be the name of an object
// or a relationship: Group and Order are standard objects beside keywords.
func (k kind) namesObject() bool {
	return k.isName() || k == kwGroup || k == kwOrder
}

// isWord reports whether s is spelled like a name: a letter, then letters,
// digits and underscores, all of them ASCII.
func isWord(s string) bool {
	return s != "" && isLetter(s[0]) && wordEnd(s, 0) == len(s)
}

// wordEnd is the end of the run of letters, digits and underscores at s[i:].
func wordEnd(s string, i int) int {
	for i < len(s) && (isLetter(s[i]) || isDigit(s[i]) || s[i] == '_') {
		i++
	}
	return i
}

// digitsEnd is the end of the run of digits at s[i:].
func digitsEnd(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isSpace reports whether c is white space: SOQL text is ASCII outside of
// string literals, so other Unicode spaces are refused.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
