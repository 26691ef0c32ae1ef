package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/check.txt anew")

// What the program says about each of the broken configurations is in
// testdata/check.txt.
func TestCheckTellsAnAdminWhatToDo(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/broken/*")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 15)
	var out bytes.Buffer

	err = checkFiles(t.Context(), &out, files)

	require.ErrorContains(t, err, "configurations would not work")
	for _, file := range files {
		require.Contains(t, out.String(), filepath.Base(file)+":", "nothing is said about it")
		require.NotContains(t, out.String(), filepath.Base(file)+": all is well")
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/check.txt", out.Bytes(), 0o600))
	}
	want, err := os.ReadFile("testdata/check.txt")
	require.NoError(t, err)
	require.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), out.String())
}

func TestTheExamplesOwnConfigurationIsWell(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, checkFiles(t.Context(), &out, []string{"appointments.yaml", "routing.yaml"}))
	require.Equal(t, "appointments.yaml: all is well\nrouting.yaml: all is well\n", out.String())
	require.Error(t, checkFiles(t.Context(), &out, nil))
}
