package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// serveOrg is what the command does in the org's process: it fills an org with
// accounts, prints its address as JSON, and serves until in ends. A line of in
// is a number of accounts to change, answered by a line.
func serveOrg(accounts string, in io.Reader, out io.Writer) error {
	n, err := strconv.Atoi(accounts)
	if err != nil {
		return fmt.Errorf("bench: org: %w", err)
	}
	now := time.Now()
	org := salesforcetest.NewOrg(&salesforcetest.Options{APILimit: 100_000_000, Now: func() time.Time { return now }})
	ids := make([]string, n)
	for i := range ids {
		ids[i] = org.Insert("Account", account(i))
	}
	org.Advance(time.Hour) // beyond what an incremental import reads once more
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("bench: org: %w", err)
	}
	go func() {
		fmt.Fprintln(os.Stderr, http.Serve(l, org)) //nolint:gosec // no client is a stranger
	}()
	if err := json.NewEncoder(out).Encode("http://" + l.Addr().String()); err != nil {
		return fmt.Errorf("bench: org: %w", err)
	}
	changed := 0
	for lines := bufio.NewScanner(in); lines.Scan(); {
		changes, err := strconv.Atoi(lines.Text())
		if err != nil {
			return fmt.Errorf("bench: org: %w", err)
		}
		org.Advance(time.Hour)
		for i := range changes {
			changed++
			org.Update(ids[i*n/changes], map[string]any{"Phone": "+49 30 9" + strconv.Itoa(changed), "BillingCity": "Potsdam"})
		}
		org.Advance(time.Minute)
		fmt.Fprintln(out, changes)
	}
	return nil
}

// account is what an account of a small company looks like.
func account(i int) map[string]any {
	number := strconv.Itoa(i)
	return map[string]any{
		"AccountNumber": "K-" + number, "Name": "Company " + number + " GmbH & Co. KG", "Phone": "+49 30 " + number, "Fax": "+49 31 " + number,
		"Website": "https://www.company-" + number + ".example", "Description": "A customer since " + strconv.Itoa(1980+i%45) + ".\n" + strings.Repeat("Pays on time. ", i%8),
		"BillingStreet": "Ring " + number + "\nRear building", "BillingState": "Sachsen", "BillingPostalCode": "04" + strconv.Itoa(100+i%900),
		"BillingCity": "Leipzig", "BillingCountry": "Germany",
		"ShippingStreet": "Dock " + number, "ShippingPostalCode": "20457", "ShippingCity": "Hamburg", "ShippingCountry": "Germany",
	}
}
