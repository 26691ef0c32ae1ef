package seal_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Programs of others open what was sealed, find it whole, and see the same
// pages and the same words as in the original.
func TestOthersReadWhatWasSealed(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"qpdf", "pdftotext", "pdftoppm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed")
		}
	}
	for name, document := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			original, copied := write(t, "original.pdf", document), write(t, "sealed.pdf", sealed(t, document, password))

			encryption := output(t, "qpdf", "--show-encryption", "--password="+password, copied)
			for _, want := range []string{"R = 6", "stream encryption method: AESv3", "extract for accessibility: allowed", "modify anything: not allowed"} {
				require.Contains(t, encryption, want)
			}
			output(t, "qpdf", "--check", "--password="+password, copied)
			require.Error(t, exec.CommandContext(t.Context(), "qpdf", "--check", "--password=wrong", copied).Run())
			require.Error(t, exec.CommandContext(t.Context(), "qpdf", "--check", copied).Run())

			require.Equal(t, output(t, "pdftotext", original, "-"), output(t, "pdftotext", "-upw", password, copied, "-"))
			require.Equal(t, picture(t, original), picture(t, "-upw", password, copied))
		})
	}
}

func TestOthersKnowThePassword(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("qpdf"); err != nil {
		t.Skip("qpdf is not installed")
	}
	for typed, stored := range map[string]string{ // qpdf takes the bytes as they are
		"Zażółć gęślą": "Zażółć gęślą",
		"пароль 密码":    "пароль 密码",
		"a\u00a0b":     "a b",
		"\ufb01ne":     "fine", // a ligature
	} {
		copied := write(t, "sealed.pdf", sealed(t, corpus(t)["groff"], typed))
		output(t, "qpdf", "--check", "--password="+stored, copied)
	}
}

// picture is the digest of what a document's pages look like.
func picture(t *testing.T, args ...string) [sha256.Size]byte {
	t.Helper()
	return sha256.Sum256([]byte(output(t, "pdftoppm", append([]string{"-r", "40"}, args...)...)))
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

// output runs a program that must succeed without a warning.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", program, &stderr)
	return string(out)
}
