package archtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// module is our module path. Packages are named relative to it from here on:
// "soql", "routing/outbox".
const module = "github.com/sfbridge/sfbridge"

// root is the top of the repository, seen from this folder, where tests run.
const root = "../.."

// source is a file of the repository.
type source struct {
	path string // from the top, with slashes
	text []byte
	ast  *ast.File // of a Go file, else nil
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// dir is the package that the file is part of.
func (s source) dir() string { return path.Dir(s.path) }

// public reports whether dir, of a package of the given name, is part of what
// we promise to hosts.
func public(dir, name string) bool {
	return name != "main" && !internal(dir) && !under(dir, "examples")
}

func internal(dir string) bool { return slices.Contains(strings.Split(dir, "/"), "internal") }

func under(dir, top string) bool { return dir == top || strings.HasPrefix(dir, top+"/") }

// parse makes a source of a Go file's text.
func parse(name, text string) (source, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: name, text: []byte(text), ast: file}, err
}

// sources are the files of this module: nested modules, folders that the go
// command ignores, and .git are not. Reading them here also tells the test
// cache that a result depends on them.
var sources = sync.OnceValues(func() ([]source, error) {
	var all []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if rel != "." && foreign(name) {
				return fs.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file := source{path: rel, text: text}
		if path.Ext(rel) == ".go" && !strings.Contains(rel, "testdata/") {
			if file, err = parse(rel, string(text)); err != nil {
				return err
			}
		}
		all = append(all, file)
		return nil
	})
	return all, err
})

// foreign reports whether a folder is .git or the like, or a module of its own.
func foreign(dir string) bool {
	if strings.HasPrefix(filepath.Base(dir), ".") || strings.HasPrefix(filepath.Base(dir), "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// pkg is what go list says about a package, or a test says in its place. Deps
// are all that the package needs, Imports what its own files name.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
	Module     *struct{ Path string }
}

// rel is the package's path inside our module.
func (p pkg) rel() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// ours reports whether the import path is one of our module, examples included.
func ours(importPath string) bool { return under(importPath, module) }

// graph is packages by import path.
type graph map[string]pkg

// packages are those of our module and everything that they need, without
// their tests.
var packages = sync.OnceValues(func() (graph, error) {
	cmd := exec.CommandContext(context.Background(),
		"go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps,Module", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	all := graph{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		}
		all[p.ImportPath] = p
	}
})
