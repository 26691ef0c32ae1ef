package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
)

// staff are the host's own people, by e-mail address. One of the org's users is
// not among them.
var staff = map[string]string{
	"maya.ortiz@example.com": "maya", "lukasz.nowak@example.com": "lukasz", "grace.oneill@example.com": "grace",
	"dae-jung.kim@example.com": "dj", "imani.brooks@example.com": "imani",
}

// owners says who in the host is responsible for what a Salesforce user owns.
// The users of an org of your own are unknown here, and stand for themselves.
func (d *demo) owners() customers.Owners {
	if d.server == nil {
		return customers.Owners{}
	}
	return customers.Owners{Find: func(_ context.Context, by customers.OwnerKey, keys []string) (map[string]string, error) {
		if by != customers.ByEmail {
			return nil, nil // our people have no federation id
		}
		return staff, nil
	}}
}

// alarm is what the host does when an import needs a person.
func (d *demo) alarm(_ context.Context, f importer.Failure) error {
	if f.Dead != nil {
		d.say("a person is told: %s %s: %s", f.Dead.Object, short(f.Dead.Label), f.Dead.Reason)
	} else {
		d.say("a person is told: run %d is %s: %v", f.Run.Number, f.Run.Status, f.Err)
	}
	return nil
}

// A customer is one row of the host's table.
type customer struct{ id, name string }

func (c customer) String() string { return fmt.Sprintf("customer %s (%s)", c.id, c.name) }

// ownCustomer gives the host a customer of its own, with a number that an
// account has, too.
func (d *demo) ownCustomer(ctx context.Context) error {
	if d.server == nil {
		d.say("left out: nothing is invented in the database of your own org")
		return nil
	}
	_, err := d.db.ExecContext(ctx, `INSERT INTO customers (name, number) VALUES ('v. d. Heide Logistik', 'K-10002')`)
	if err == nil {
		d.say("v. d. Heide Logistik, K-10002, is a customer of the host's own")
	}
	return err
}

// aCustomer picks the first linked customer that has a phone number.
func (d *demo) aCustomer(ctx context.Context) (customer, error) {
	err := d.db.QueryRowContext(ctx, `SELECT c.id, c.name FROM customers c JOIN sfbridge_import_link l ON l.sf_id = c.sf_id
		WHERE l.state = 'linked' AND c.phone IS NOT NULL ORDER BY c.id LIMIT 1`).Scan(&d.customer.id, &d.customer.name)
	if errors.Is(err, sql.ErrNoRows) {
		err = errors.New("no customer with a phone number was imported: there is nothing to show")
	}
	return d.customer, err
}

func (d *demo) setPhone(ctx context.Context, phone string) error {
	query := `UPDATE customers SET phone = ? WHERE id = ?`
	if d.dialect == sqlstore.PostgreSQL {
		query = `UPDATE customers SET phone = $1 WHERE id = $2`
	}
	_, err := d.db.ExecContext(ctx, query, phone, d.customer.id)
	if err == nil {
		d.say("the phone of %s is now %q", d.customer, phone)
	}
	return err
}

// showPhone prints the customer's phone number, unless an import has failed.
func (d *demo) showPhone(ctx context.Context, failed error, words string) error {
	if failed != nil {
		return failed
	}
	query := `SELECT phone FROM customers WHERE id = ?`
	if d.dialect == sqlstore.PostgreSQL {
		query = `SELECT phone FROM customers WHERE id = $1`
	}
	var phone sql.NullString
	err := d.db.QueryRowContext(ctx, query, d.customer.id).Scan(&phone)
	if err == nil {
		d.say("%s: %q", words, phone.String)
	}
	return err
}
