package tokenstore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sfbridge/sfbridge/salesforce"
)

// ErrUnreadable is what an Update fails with when what is kept was encrypted
// with another key, or is damaged. It is left as it is.
var ErrUnreadable = errors.New("tokenstore: token cannot be decrypted")

// maxKey is how long the name of a login may be, in bytes.
const maxKey = 200

// sealer encrypts tokens with its first key, and reads what any of them wrote.
type sealer []cipher.AEAD

func newSealer(key []byte, old [][]byte) (sealer, error) {
	var s sealer
	for _, k := range append([][]byte{key}, old...) {
		if len(k) != 32 {
			return nil, fmt.Errorf("tokenstore: a key has %d bytes, want 32", len(k))
		}
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		s = append(s, aead)
	}
	return s, nil
}

// seal encrypts the token of the login with that id.
func (s sealer) seal(id string, token salesforce.Token) ([]byte, error) {
	text, err := json.Marshal(token)
	if err != nil {
		return nil, err
	}
	return s[0].Seal(nil, nil, text, []byte(id)), nil
}

// open decrypts what seal made; of nothing it makes the zero Token.
func (s sealer) open(id string, sealed []byte) (token salesforce.Token, err error) {
	if len(sealed) == 0 {
		return token, nil
	}
	for _, aead := range s {
		text, err := aead.Open(nil, nil, sealed, []byte(id))
		if err == nil {
			return token, json.Unmarshal(text, &token)
		}
	}
	return token, ErrUnreadable
}

// idOf turns the name of a login into one that any file system and any
// collation tells from all others.
func idOf(key string) (string, error) {
	if key == "" || len(key) > maxKey {
		return "", fmt.Errorf("tokenstore: a key has %d bytes, want 1 to %d", len(key), maxKey)
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:]), nil
}
