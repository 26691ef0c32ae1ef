package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A column is one of a table, as the database describes it.
type column struct {
	name    string // as the database spells it
	field   string // what reports call it
	class   class
	sqlType string // what PostgreSQL and MySQL cast a text to, empty for none
	// digits are those behind the point that it keeps, of numbers and of
	// seconds; -1 for all.
	digits int
	// floating is 32 or 64 for numbers that the database keeps in so many bits.
	floating int
	filled   bool // NOT NULL: what is empty is written as an empty text
}

// A class says how a column's values are written and compared.
type class int

const (
	texts class = iota
	numbers
	booleans
	dates
	moments // of the day and the year
	clocks  // times of day
)

// describe reads the columns of a table by their names in lower case. A table
// that is not there has none.
func (s *Store) describe(ctx context.Context, table string) (map[string]column, error) {
	query, args := catalog[s.dialect], []any{table}
	switch s.dialect {
	case MySQL:
		schema, name := schemaOf(table)
		args = []any{schema, name}
	case PostgreSQL:
		args[0] = s.quote(table)
	default:
		schema, name := schemaOf(table)
		args = []any{name, schema}
	}
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	found := map[string]column{}
	for rows.Next() {
		var name, declared string
		var collation sql.NullString
		var filled bool
		if err := rows.Scan(&name, &declared, &filled, &collation); err != nil {
			return nil, err
		}
		c := s.classify(strings.ToLower(declared), collation.String)
		c.name, c.filled = name, filled
		found[strings.ToLower(name)] = c
	}
	return found, rows.Err()
}

// catalog lists queries for name, type, NOT NULL and collation of each column.
var catalog = map[Dialect]string{
	SQLite: `SELECT name, type, "notnull", '' FROM pragma_table_info(?, NULLIF(?, ''))`,
	PostgreSQL: `SELECT attname, format_type(atttypid, atttypmod), attnotnull, '' FROM pg_attribute
		WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
	MySQL: `SELECT column_name, column_type, is_nullable = 'NO', CONCAT(character_set_name, ' ', collation_name)
		FROM information_schema.columns WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ?`,
}

var declaration = regexp.MustCompile(`^([a-z0-9 ]*?) *(?:\(([0-9]+)(?:, *([0-9]+))?\))?((?: [a-z ]+)?)$`)

// classify takes a declared type, such as "numeric(10,2)", apart.
func (s *Store) classify(declared, collation string) column {
	parts := declaration.FindStringSubmatch(declared)
	if parts == nil { // an enumeration, say
		return column{class: texts, sqlType: s.castTo(texts, declared, collation)}
	}
	base := strings.TrimSpace(parts[1] + parts[4])
	c := column{class: s.classOf(base), digits: -1}
	size, sized := atoi(parts[2])
	behind, _ := atoi(parts[3])
	switch {
	case c.class == moments || c.class == clocks:
		c.digits = 6
		if sized || s.dialect == MySQL {
			c.digits = size // MySQL keeps whole seconds unless told otherwise
		}
		if s.dialect == SQLite {
			c.digits = -1
		}
	case c.class != numbers:
	case strings.Contains(base, "int") || strings.Contains(base, "serial"):
		c.digits = 0
	case base == "real" || base == "float" && s.dialect == MySQL:
		c.floating = 32
	case strings.Contains(base, "double") || strings.Contains(base, "float"):
		c.floating = 64
	case sized || s.dialect == MySQL:
		c.digits = behind
	}
	if c.class == numbers && s.dialect == SQLite { // which has no other numbers, and keeps fractions anywhere
		c.digits, c.floating = -1, 64
	}
	c.sqlType = s.castTo(c.class, base, collation)
	return c
}

func atoi(text string) (n int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// classOf finds the class of a type's name. SQLite takes any name; these are
// its own rules, by what the name contains.
func (s *Store) classOf(base string) class {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(base, word) })
	}
	switch {
	case base == "interval" || has("point", "char", "text", "clob"):
		return texts
	case has("bool"):
		return booleans
	case has("timestamp", "datetime"):
		return moments
	case base == "date":
		return dates
	case base == "time" || strings.HasPrefix(base, "time "):
		return clocks
	case has("int", "serial", "numeric", "decimal", "real", "double", "float", "number"):
		return numbers
	default:
		return texts
	}
}

// castTo gives the type to which a text is cast. A length is left out of it: a
// text that is too long has to be refused, where a cast would cut it.
func (s *Store) castTo(c class, base, collation string) string {
	switch {
	case s.dialect == PostgreSQL && base == "character":
		return "bpchar" // a character without a length is one of one
	case s.dialect == PostgreSQL:
		return base
	case s.dialect == MySQL && c == numbers && strings.Contains(base, "int"):
		return "SIGNED"
	case s.dialect == MySQL:
		return collation
	default:
		return ""
	}
}

// cast turns name, a text, into the column's type.
func (s *Store) cast(c column, name string) string {
	charset, collation, _ := strings.Cut(c.sqlType, " ")
	switch {
	case c.sqlType == "":
		return name
	case s.dialect == PostgreSQL:
		return name + "::" + c.sqlType
	case collation == "":
		return "CAST(" + name + " AS " + c.sqlType + ")"
	default:
		return "CONVERT(" + name + " USING " + charset + ") COLLATE " + collation
	}
}

// schemaOf takes a table's name apart.
func schemaOf(table string) (schema, name string) {
	schema, name, qualified := strings.Cut(table, ".")
	if !qualified {
		return "", table
	}
	return schema, name
}

// quote makes a table's name, which may be qualified, an identifier.
func (s *Store) quote(name string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		parts[i] = s.dialect.Quote(part)
	}
	return strings.Join(parts, ".")
}

// identifier is what may name a table or a column.
var identifier = regexp.MustCompile(`^[\pL_][\pL\pN_$ -]{0,62}$`)

func checkName(name string) error {
	if !identifier.MatchString(name) {
		return fmt.Errorf("%q is no name for a table or column: use letters, digits and _, and no more than 63", name)
	}
	return nil
}
