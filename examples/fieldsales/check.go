package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/routing"
)

// checkFiles holds configuration files against the org and prints what is wrong
// with them. It fails if one of them would not work.
func checkFiles(ctx context.Context, out io.Writer, files []string) error {
	if len(files) == 0 {
		return errors.New("no file to check: name one or more behind -check")
	}
	demo, err := setUp(ctx, out, "")
	if err != nil {
		return err
	}
	defer demo.close()
	broken := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		problems, err := demo.check(ctx, filepath.Base(file), data)
		if err != nil {
			return err
		}
		for _, p := range problems {
			fmt.Fprintln(out, p)
		}
		if len(problems) == 0 {
			fmt.Fprintf(out, "%s: all is well\n", filepath.Base(file))
		}
		if problems.Err() != nil {
			broken++
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d configurations would not work", broken, len(files))
	}
	return nil
}

// check checks a file about appointments or about documents.
func (d *demo) check(ctx context.Context, name string, data []byte) (appointments.Problems, error) {
	if strings.HasPrefix(name, "routing") {
		return routing.CheckFile(ctx, name, data, d.client)
	}
	return appointments.CheckFile(ctx, name, data, d.client, nil)
}
