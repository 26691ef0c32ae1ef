// Sforg serves an in-memory Salesforce org over HTTP, for programs in any
// language.
//
//	sforg [-addr 127.0.0.1:0] [-schema FILE] [-data FILE] [flags]
//
// It prints one line of JSON with the address and the credentials, and serves
// until it is interrupted. See the documentation of package salesforcetest for
// the form of the files, and FIDELITY.md there for what is like the real thing.
package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes, as those of the flag package.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// settings are the flags.
type settings struct {
	addr, schema, data string
	jwtCert, soapLogin string
	improveit360       bool
	options            salesforcetest.Options
}

func (s *settings) flags(stderr io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("sforg", flag.ContinueOnError)
	f.SetOutput(stderr)
	opt := &s.options
	f.StringVar(&s.addr, "addr", "127.0.0.1:0", "`address` to listen on")
	f.StringVar(&s.schema, "schema", "", "JSON `file` of extra objects and fields: {\"sobjects\":[describe results]}")
	f.BoolVar(&s.improveit360, "improveit360", false, "add the objects of improveit 360")
	f.StringVar(&s.data, "data", "", "JSON `file` of records: {\"Account\":[{…}], …}, also with \"sobjects\"")
	f.StringVar(&opt.Username, "user", "user@example.com", "`name` of the main user")
	f.StringVar(&opt.Password, "password", "secret", "`password` of the main user")
	f.StringVar(&opt.SecurityToken, "token", "TOKEN", "security `token` of the main user")
	f.StringVar(&opt.ClientID, "client-id", "cid", "`id` of the app that OAuth clients log in with")
	f.StringVar(&opt.ClientSecret, "client-secret", "csecret", "`secret` of that app")
	f.StringVar(&s.jwtCert, "jwt-cert", "", "PEM `file` with the certificate whose key signs assertions of the JWT bearer flow")
	f.BoolVar(&opt.PersonAccounts, "person-accounts", false, "add accounts that are people")
	f.BoolVar(&opt.PrivateRecords, "private-records", false, "let users see and change only records that they own")
	f.BoolVar(&opt.RotateRefreshTokens, "rotate-refresh-tokens", false, "answer each use of a refresh token with a new one")
	f.IntVar(&opt.APILimit, "api-limit", 15000, "`number` of API requests in 24 hours")
	f.StringVar(&s.soapLogin, "soap-login", "on", "whether SOAP login() is allowed: `on|off`")
	f.DurationVar(&opt.Latency, "latency", 0, "`duration` to wait before each answer")
	f.IntVar(&opt.BatchSize, "batch", 2000, "`number` of records on a query page")
	return f
}

// check refuses settings that make no sense.
func (s *settings) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case s.soapLogin != "on" && s.soapLogin != "off":
		return fmt.Errorf("-soap-login %q is neither on nor off", s.soapLogin)
	case s.options.APILimit < 1:
		return fmt.Errorf("-api-limit %d is below 1", s.options.APILimit)
	case s.options.BatchSize < 1:
		return fmt.Errorf("-batch %d is below 1", s.options.BatchSize)
	}
	return nil
}

// certificates reads the certificates of a PEM file.
func certificates(file string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		list = append(list, cert)
	}
	if list == nil {
		return nil, fmt.Errorf("%s: no certificate in PEM form", file)
	}
	return list, nil
}

// org makes the org that the settings describe.
func (s *settings) org() (*salesforcetest.Org, error) {
	if s.jwtCert != "" {
		list, err := certificates(s.jwtCert)
		if err != nil {
			return nil, err
		}
		s.options.JWTCertificates = list
	}
	s.options.SOAPLoginOff = s.soapLogin == "off"
	if s.improveit360 {
		s.options.Schema = salesforcetest.Improveit360()
	}
	org := salesforcetest.NewOrg(&s.options)
	if s.options.SecurityToken == "" { // the password alone suffices
		user := map[string]any{"Username": s.options.Username, "_password": s.options.Password}
		data, err := json.Marshal(map[string]any{"User": []any{user}})
		if err == nil {
			err = org.Load(bytes.NewReader(data))
		}
		if err != nil {
			return nil, err
		}
	}
	for _, file := range []string{s.schema, s.data} {
		if file == "" {
			continue
		}
		if err := org.LoadFile(file); err != nil {
			return nil, err
		}
	}
	return org, nil
}

// run is the command. It returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := s.flags(stderr)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitOK
		}
		return exitUsage
	}
	if err := s.check(flags.Args()); err != nil {
		fmt.Fprintf(stderr, "sforg: %v\n", err)
		return exitUsage
	}
	org, err := s.org()
	if err == nil {
		err = serve(ctx, s.addr, org, stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "sforg: %v\n", err)
		return exitFailure
	}
	return exitOK
}

// announcement is the line that tells a client how to reach the org.
type announcement struct {
	URL string `json:"url"`
	salesforcetest.Credentials
}

// serve answers on addr until ctx ends.
func serve(ctx context.Context, addr string, org *salesforcetest.Org, stdout io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	line := announcement{"http://" + listener.Addr().String(), org.Credentials()}
	if err := json.NewEncoder(stdout).Encode(line); err != nil {
		return err
	}
	server := &http.Server{Handler: org, ReadHeaderTimeout: time.Minute, MaxHeaderBytes: 1 << 20}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
