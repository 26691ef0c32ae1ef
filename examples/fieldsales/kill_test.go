package main

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain is also the main function of the host that is killed.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args[1:], "-host") {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestAKilledHostFinishesAfterARestart(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer

	err := kill(t.Context(), &out)

	t.Log(out.String())
	require.NoError(t, err)
	require.Contains(t, out.String(), "3 spooled", "it was killed in the middle")
	require.Contains(t, out.String(), "in the ledger: 12 verified")
	require.Equal(t, 12, bytes.Count(out.Bytes(), []byte("once in Salesforce: ")))
}
