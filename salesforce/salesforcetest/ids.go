package salesforcetest

import "strings"

const (
	idDigits       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	checksumDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
)

// longID turns a 15-character id into its 18-character form and passes one of
// 18 characters. It reports false for what is no id, or has a wrong checksum.
func longID(s string) (string, bool) {
	if len(s) != 15 && len(s) != 18 {
		return "", false
	}
	for i := range 15 {
		if strings.IndexByte(idDigits, s[i]) < 0 {
			return "", false
		}
	}
	long := s[:15] + checksum(s[:15])
	return long, len(s) == 15 || s == long
}

// checksum returns the three characters that make an id safe where case is
// lost: each tells which of five characters are capitals.
func checksum(id string) string {
	var sum [3]byte
	for i := range sum {
		bits := 0
		for j := range 5 {
			if c := id[5*i+j]; 'A' <= c && c <= 'Z' {
				bits |= 1 << j
			}
		}
		sum[i] = checksumDigits[bits]
	}
	return string(sum[:])
}

// newID returns the n-th id of a key prefix. Ids grow with n in byte order.
func newID(prefix string, n int) string {
	id := []byte(prefix + "xx0000000000")
	for i := len(id) - 1; n > 0; i-- {
		id[i] = idDigits[n%len(idDigits)]
		n /= len(idDigits)
	}
	return string(id) + checksum(string(id))
}
