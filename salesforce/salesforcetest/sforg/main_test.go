package main

import (
	"bufio"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// start runs the command and returns what it announces.
func start(t *testing.T, args ...string) (line map[string]string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	var stderr strings.Builder
	code := make(chan int, 1)
	go func() {
		c := run(ctx, args, w, &stderr)
		w.Close()
		code <- c
	}()
	text, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err, "%s", &stderr)
	require.NoError(t, json.Unmarshal([]byte(text), &line))
	stop = func() int { cancel(); return <-code }
	t.Cleanup(cancel)
	return line, stop
}

func get(t *testing.T, line map[string]string, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", line["url"]+path, http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+line["access_token"])
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(data)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestServesUntilInterrupted(t *testing.T) {
	t.Parallel()
	line, stop := start(t)
	require.Regexp(t, `^http://127\.0\.0\.1:\d+$`, line["url"])
	delete(line, "url")
	token := line["access_token"]
	delete(line, "access_token")
	require.Equal(t, map[string]string{
		"username": "user@example.com", "password": "secret", "security_token": "TOKEN", "client_id": "cid", "client_secret": "csecret",
		"org_id": "00Dxx0000001gPLEAY", "user_id": "005xx0000000001AAA",
	}, line)
	require.NotEmpty(t, token)
	require.Equal(t, exitOK, stop())
}

func TestFlagsReachTheOrg(t *testing.T) {
	t.Parallel()
	schema := write(t, "schema.json", `{"sobjects":[{"name":"Account","fields":[{"name":"ZEP__c","type":"boolean"}]}]}`)
	data := write(t, "data.json", `{"Account":[{"Name":"Acme","ZEP__c":true},{"Name":"Beta"}]}`)
	line, stop := start(t, "-schema", schema, "-data", data, "-user", "a@b.c", "-password", "pw", "-token", "", "-client-id", "i",
		"-client-secret", "s", "-api-limit", "2", "-batch", "1", "-improveit360", "-latency", "1ms", "-soap-login", "off")
	require.Equal(t, []string{"a@b.c", "pw", "", "i", "s"},
		[]string{line["username"], line["password"], line["security_token"], line["client_id"], line["client_secret"]})

	status, body := get(t, line, "/services/data/v66.0/query?q=SELECT+Name+FROM+Account+WHERE+ZEP__c=true")
	require.Equal(t, 200, status, body)
	require.Contains(t, body, `"Name":"Acme"`)
	_, body = get(t, line, "/services/data/v66.0/query?q=SELECT+Name+FROM+Account")
	require.Contains(t, body, `"totalSize":2,"done":false`)
	status, body = get(t, line, "/services/data/v66.0/sobjects/i360__Staff__c/describe")
	require.Equal(t, 403, status)
	require.Contains(t, body, "REQUEST_LIMIT_EXCEEDED")
	require.Equal(t, exitOK, stop())
}

func TestUsersOfAPrivateOrg(t *testing.T) {
	t.Parallel()
	data := write(t, "data.json", `{"User":[{"Username":"rep@example.com","LastName":"Rep","_password":"pw"}],"Account":[{"LastName":"Lee"}]}`)
	line, stop := start(t, "-person-accounts", "-private-records", "-data", data)
	const accounts = "/services/data/v66.0/query?q=SELECT+IsPersonAccount+FROM+Account"
	_, body := get(t, line, accounts)
	require.Contains(t, body, `"IsPersonAccount":true`)

	line["access_token"] = token(t, line, url.Values{
		"grant_type": {"password"}, "client_id": {"cid"}, "client_secret": {"csecret"}, "username": {"rep@example.com"}, "password": {"pw"},
	})["access_token"]
	_, body = get(t, line, accounts)
	require.JSONEq(t, `{"totalSize":0,"done":true,"records":[]}`, body)
	require.Equal(t, exitOK, stop())
}

// token asks for an access token.
func token(t *testing.T, line map[string]string, form url.Values) (answer map[string]string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", line["url"]+"/services/oauth2/token", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.NoError(t, json.NewDecoder(res.Body).Decode(&answer))
	return answer
}

// The assertion was signed with the key of the certificate.
func TestJWTBearerLogin(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	file := write(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	line, stop := start(t, "-jwt-cert", file)

	encode := base64.RawURLEncoding.EncodeToString
	claims := fmt.Sprintf(`{"iss":"cid","sub":"user@example.com","aud":"%s/","exp":%d}`, line["url"], time.Now().Unix()+180)
	text := encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(claims))
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {text + "." + encode(signature)}}
	answer := token(t, line, form)
	require.Equal(t, line["url"], answer["instance_url"], answer)

	line["access_token"] = answer["access_token"]
	status, _ := get(t, line, "/services/data/v66.0/limits")
	require.Equal(t, 200, status)
	require.Equal(t, exitOK, stop())
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	bad := write(t, "bad.json", `{"Account":[{}]}`)
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-jwt-cert", "none.pem"}, exitFailure, "none.pem"},
		{[]string{"-jwt-cert", bad}, exitFailure, "no certificate in PEM form"},
		{[]string{"-soap-login", "maybe"}, exitUsage, `-soap-login "maybe" is neither on nor off`},
		{[]string{"-api-limit", "0"}, exitUsage, "-api-limit 0 is below 1"},
		{[]string{"-batch", "-1"}, exitUsage, "-batch -1 is below 1"},
		{[]string{"-nonsense"}, exitUsage, "flag provided but not defined"},
		{[]string{"extra"}, exitUsage, `unexpected argument "extra"`},
		{[]string{"-h"}, exitOK, "-addr address"},
		{[]string{"-data", bad}, exitFailure, "Account record 1: field Name: REQUIRED_FIELD_MISSING"},
		{[]string{"-schema", "none.json"}, exitFailure, "none.json"},
		{[]string{"-addr", "256.0.0.1:0"}, exitFailure, "sforg: listen"},
	}
	for _, test := range tests {
		var stdout, stderr strings.Builder
		require.Equal(t, test.code, run(t.Context(), test.args, &stdout, &stderr), test.args)
		require.Contains(t, stderr.String(), test.want)
		require.Empty(t, stdout.String())
	}
}
