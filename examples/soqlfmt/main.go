// Soqlfmt formats SOQL, and restricts queries to the records of a user.
//
//	soqlfmt 'SELECT Id FROM Account'      the query on many lines; without arguments from standard input
//	soqlfmt -json                         a query a line on standard input, an answer a line, as JSON
//	soqlfmt -scope OwnerId=ID[,ID] …      adds that restriction, or puts the ids in the place of %userIdentifier%
//	soqlfmt -user ID …                    puts the id in the place of %userIdentifier%
//	soqlfmt -apex …                       takes what Apex has beyond the REST API
//
// With nothing to read it shows what it does to some queries of its own.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

func main() {
	f := formatter{parse: soql.ParseOptions{Token: soql.DefaultToken}}
	lines := flag.Bool("json", false, "read a query a line, answer each with a line of JSON")
	flag.Func("scope", "restrict to the records whose `FIELD=ID[,ID]`", f.setScope)
	flag.StringVar(&f.user, "user", "", "the `ID` to put in the place of %userIdentifier%")
	flag.BoolFunc("apex", "take what Apex has beyond the REST API", f.setApex)
	flag.Parse()
	if err := run(f, *lines, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(f formatter, lines bool, args []string) error {
	if lines {
		return f.answer(os.Stdin, os.Stdout)
	}
	text := strings.Join(args, " ")
	if len(args) == 0 {
		piped, err := piped(os.Stdin)
		if err != nil {
			return err
		}
		text = piped
	}
	if strings.TrimSpace(text) == "" {
		return show(os.Stdout)
	}
	q, err := f.query(text)
	if err != nil {
		return err
	}
	pretty, err := soql.Printer{}.Print(q)
	fmt.Println(pretty)
	return err
}

// piped is what stands on in, unless somebody would have to type it.
func piped(in *os.File) (string, error) {
	if info, err := in.Stat(); err != nil || info.Mode()&os.ModeCharDevice != 0 {
		return "", nil //nolint:nilerr // without a standard input nothing is piped
	}
	text, err := io.ReadAll(in)
	return string(text), err
}

// query parses a query and restricts it as the flags say.
func (f formatter) query(text string) (*soql.Query, error) {
	q, err := soql.Parse(text, &f.parse)
	if err != nil {
		return nil, err
	}
	for _, filter := range f.filters(q) {
		if q, err = filter.Apply(q); err != nil {
			return nil, err
		}
	}
	return q, nil
}
