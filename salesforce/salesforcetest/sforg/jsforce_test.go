package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// TestJSForce runs what testdata/jsforce holds: checks of the org through
// jsforce, a client that nobody here wrote. They need Node.js, npm and npm's
// registry, so they run in CI, and elsewhere when SFBRIDGE_JSFORCE is set.
func TestJSForce(t *testing.T) {
	ci := os.Getenv("CI") != ""
	if !ci && os.Getenv("SFBRIDGE_JSFORCE") == "" {
		t.Skip("runs in CI, and when SFBRIDGE_JSFORCE is set")
	}
	if _, err := exec.LookPath("node"); err != nil && !ci {
		t.Skip("node is missing")
	}

	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "jsforce"))))
	install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	out, err := install.CombinedOutput()
	require.NoError(t, err, "npm ci: %s", out)

	for _, c := range jsforceChecks(t, dir) {
		t.Run(c.Name, func(t *testing.T) {
			t.Logf("%d ms", c.Milliseconds)
			require.Empty(t, c.Error)
		})
	}
}

// jsforceCheck is what all.mjs prints about a check.
type jsforceCheck struct {
	Name         string
	Milliseconds int
	Error        string
}

// jsforceChecks runs all.mjs against an org of its own.
func jsforceChecks(t *testing.T, dir string) []jsforceCheck {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	org := salesforcetest.NewOrg(&salesforcetest.Options{
		JWTCertificates: []*x509.Certificate{{PublicKey: key.Public()}},
	})
	require.NoError(t, org.LoadFile(filepath.Join(dir, "world.json")))
	server := salesforcetest.NewServer(org)
	t.Cleanup(server.Close)

	var stderr bytes.Buffer
	node := exec.CommandContext(t.Context(), "node", "all.mjs")
	node.Dir = dir
	node.Env = append(os.Environ(), "SFORG="+access(t, server, key))
	node.Stderr = &stderr
	node.WaitDelay = time.Second
	out, err := node.Output()
	if _, failed := errors.AsType[*exec.ExitError](err); !failed { // it exits so when a check fails
		require.NoError(t, err)
	}

	var checks []jsforceCheck
	for lines := json.NewDecoder(bytes.NewReader(out)); ; {
		var c jsforceCheck
		err := lines.Decode(&c)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err, "%s%s", out, &stderr)
		checks = append(checks, c)
	}
	require.NotEmpty(t, checks, "node all.mjs: %s", &stderr)
	return checks
}

// access is what a client needs to know: what the command prints, and a key
// for the JWT bearer flow.
func access(t *testing.T, server *salesforcetest.Server, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text, err := json.Marshal(struct {
		announcement
		JWTKey string `json:"jwt_key"`
	}{
		announcement{server.URL, server.Org.Credentials()},
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	require.NoError(t, err)
	return string(text)
}
