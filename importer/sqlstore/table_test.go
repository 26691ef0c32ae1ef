package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// ownSchema is what a host has made by itself, long before there was an import:
// names of its own, typed columns, constraints.
var ownSchema = map[sqlstore.Dialect][]string{
	sqlstore.SQLite: {
		`CREATE TABLE "Kunden" ("KundenNr" INTEGER PRIMARY KEY, "SFID" TEXT UNIQUE, "Firma" VARCHAR(40) NOT NULL UNIQUE, "Ort" VARCHAR(40) NOT NULL DEFAULT '',
			"Aktiv" BOOLEAN NOT NULL DEFAULT 1, "order" TEXT)`,
		`CREATE TABLE "Projekte" ("Nr" INTEGER PRIMARY KEY, "SFID" TEXT UNIQUE, "Kunde" INTEGER NOT NULL REFERENCES "Kunden" ("KundenNr"), "Titel" TEXT NOT NULL,
			"Ende" DATE, "Budget" DECIMAL(10,2) CHECK ("Budget" >= 0), "Fix" BOOLEAN, "Stand" DATETIME, "Stunden" INTEGER)`,
	},
	sqlstore.PostgreSQL: {
		`CREATE TABLE "Kunden" ("KundenNr" UUID PRIMARY KEY DEFAULT gen_random_uuid(), "SFID" CHAR(18) UNIQUE, "Firma" VARCHAR(40) NOT NULL, "Ort" VARCHAR(40) NOT NULL DEFAULT '',
			"Aktiv" BOOLEAN NOT NULL DEFAULT TRUE, "order" TEXT, UNIQUE ("Firma") DEFERRABLE INITIALLY DEFERRED)`,
		`CREATE TABLE "Projekte" ("Nr" BIGSERIAL PRIMARY KEY, "SFID" VARCHAR(18) UNIQUE, "Kunde" UUID NOT NULL REFERENCES "Kunden" ("KundenNr"), "Titel" TEXT NOT NULL,
			"Ende" DATE, "Budget" NUMERIC(10,2) CHECK ("Budget" >= 0), "Fix" BOOLEAN, "Stand" TIMESTAMPTZ(0), "Stunden" INTEGER)`,
	},
	sqlstore.MySQL: {
		"CREATE TABLE `Kunden` (`KundenNr` INT AUTO_INCREMENT PRIMARY KEY, `SFID` CHAR(18) UNIQUE, `Firma` VARCHAR(40) NOT NULL UNIQUE, `Ort` VARCHAR(40) NOT NULL DEFAULT ''," +
			"`Aktiv` BOOLEAN NOT NULL DEFAULT TRUE, `order` TEXT) CHARACTER SET latin1",
		"CREATE TABLE `Projekte` (`Nr` BIGINT AUTO_INCREMENT PRIMARY KEY, `SFID` VARCHAR(18) UNIQUE, `Kunde` INT NOT NULL, `Titel` TEXT NOT NULL," +
			"`Ende` DATE, `Budget` DECIMAL(10,2) CHECK (`Budget` >= 0), `Fix` BOOLEAN, `Stand` DATETIME, `Stunden` INT, FOREIGN KEY (`Kunde`) REFERENCES `Kunden` (`KundenNr`))",
	},
}

var ownTables = map[string]sqlstore.Table{
	"customer": {
		Name: "Kunden", Existing: true, ID: "KundenNr", Link: "SFID", Active: "Aktiv",
		Columns: map[string]string{"name": "Firma", "billing_city": "Ort", "remark": "order", "www": sqlstore.None},
	},
	"project": {
		Name: "Projekte", Existing: true, ID: "Nr", Link: "SFID", Active: sqlstore.None, Parent: "Kunde",
		Columns: map[string]string{"name": "Titel", "ends": "Ende", "budget": "Budget", "fixed": "Fix", "changed": "Stand", "hours": "Stunden"},
	},
}

func ownObjects(t *testing.T) []importer.Object {
	t.Helper()
	rule := func(target, from string, kind mapping.Type) mapping.Rule {
		return mapping.Rule{Target: target, From: []string{from}, Type: kind}
	}
	all := objects(t, customers.Config{
		Stages: []string{"Closed Won"},
		CustomerRules: []mapping.Rule{
			rule("name", "Name", mapping.Text), rule("billing_city", "BillingCity", mapping.Text),
			rule("remark", "Description", mapping.Text), rule("www", "Website", mapping.Text),
		},
		ProjectRules: []mapping.Rule{
			rule("name", "Name", mapping.Text), rule("ends", "CloseDate", mapping.Date), rule("budget", "Amount", mapping.Currency),
			rule("fixed", "Fixed__c", mapping.Checkbox), rule("changed", "LastModifiedDate", mapping.DateTime), rule("hours", "Hours__c", mapping.Number),
		},
	})
	list := []importer.Object{all[0], all[2]}
	for i := range list {
		list[i].Keys, list[i].Refine = nil, nil // numbers of customers are another story
	}
	return list
}

func (h host) openOwn(t *testing.T) (*sqlstore.Store, []importer.Object) {
	t.Helper()
	for _, statement := range ownSchema[h.dialect] {
		_, err := h.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	objects := ownObjects(t)
	store, err := sqlstore.Open(t.Context(), h.DB, sqlstore.Config{Dialect: h.dialect, Objects: objects, Tables: ownTables})
	require.NoError(t, err)
	return store, objects
}

func ownPut(t *testing.T, o importer.Object, id salesforce.ID, parent string, record salesforce.Record) importer.Change {
	t.Helper()
	values, err := o.Mapping.Apply(record)
	require.NoError(t, err)
	return importer.Change{Kind: o.Kind, Action: importer.Put, ID: id, Parent: parent, Values: values, Stamp: time.Unix(1e9, 0)}
}

func apply(t *testing.T, store *sqlstore.Store, batch ...importer.Change) []importer.Outcome {
	t.Helper()
	outcomes, err := store.Apply(t.Context(), batch)
	require.NoError(t, err)
	return outcomes
}

func TestTypedColumnsOfTheHost(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		store, objects := h.openOwn(t)
		customer := apply(t, store, ownPut(t, objects[0], acme, "", salesforce.Record{"Name": "Müller", "BillingCity": nil, "Description": "x", "Website": "left out"}))[0]
		require.Equal(t, importer.Created, customer.Result, customer.Err)
		record := salesforce.Record{
			"Name": "Tour", "CloseDate": "2026-12-01", "Amount": "2500.505", "Fixed__c": true, "LastModifiedDate": "2026-11-16T09:00:00.000+0000", "Hours__c": "40",
		}
		project := ownPut(t, objects[1], ada, customer.HostID, record)
		made := apply(t, store, project)[0]
		require.Equal(t, importer.Created, made.Result, made.Err)

		require.Equal(t, importer.Unchanged, apply(t, store, project)[0].Result, "what the columns give back is what they were given")

		var ends, budget, fixed, hours string
		q := h.dialect.Quote
		query := fmt.Sprintf(`SELECT %s, %s, %s, %s FROM %s`, q("Ende"), q("Budget"), q("Fix"), q("Stunden"), q("Projekte"))
		require.NoError(t, h.QueryRowContext(t.Context(), query).Scan(&ends, &budget, &fixed, &hours))
		require.True(t, strings.HasPrefix(ends, "2026-12-01"), ends)
		require.True(t, strings.HasPrefix(budget, "2500.5"), budget)
		require.Contains(t, []string{"1", "true"}, fixed)
		require.Equal(t, "40", hours)

		record["CloseDate"], record["Fixed__c"], record["Amount"], record["LastModifiedDate"] = nil, false, 10, "2026-11-16T10:00:00.000+0000"
		project = ownPut(t, objects[1], ada, customer.HostID, record)
		changed := apply(t, store, project)[0]
		require.Equal(t, importer.Updated, changed.Result, changed.Err)
		fields := map[string]string{}
		for _, c := range changed.Changed {
			fields[c.Field] = c.Old + " → " + c.New
		}
		require.Equal(t, "2026-12-01 → ", fields["ends"])
		require.Equal(t, "true → false", strings.NewReplacer("1", "true", "0", "false").Replace(fields["fixed"]))
		require.Equal(t, "2026-11-16T09:00:00Z → 2026-11-16T10:00:00Z", fields["changed"])
		require.Len(t, fields, 4)
		require.Equal(t, importer.Unchanged, apply(t, store, project)[0].Result)

		retired := apply(t, store, importer.Change{Kind: "customer", Action: importer.Retire, ID: acme, HostID: customer.HostID})[0]
		require.Equal(t, importer.Updated, retired.Result)
		require.Equal(t, importer.Unchanged, apply(t, store, importer.Change{Kind: "project", Action: importer.Retire, ID: ada, HostID: made.HostID})[0].Result)
	})
}

// What the host's constraints have against some records is said of these, and
// the others are written, with the checkpoint.
func TestRefusedRecordsStopNoOthers(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		store, objects := h.openOwn(t)
		fence, err := store.Acquire(t.Context(), "me", time.Minute)
		require.NoError(t, err)
		const many = 700
		refused := map[int]bool{3: true, 4: true, 350: true, many - 1: true}
		batch := make([]importer.Change, many)
		for i := range batch {
			name := fmt.Sprint("Company ", i)
			if refused[i] {
				name = "Company 0" // a second of that name
			}
			batch[i] = ownPut(t, objects[0], salesforce.ID(fmt.Sprintf("001%012dAAA", i)), "", salesforce.Record{"Name": name})
		}
		var outcomes []importer.Outcome
		save := func(batch []importer.Change) error {
			return store.ApplyAndSave(t.Context(), fence, batch, func(given []importer.Outcome) *importer.Checkpoint {
				outcomes = given
				return &importer.Checkpoint{Run: &importer.Run{Number: 1}}
			})
		}
		check := func(want importer.Result) {
			t.Helper()
			for i, outcome := range outcomes {
				if refused[i] {
					require.ErrorContains(t, outcome.Err, "the database refuses the record", i)
					continue
				}
				require.NoError(t, outcome.Err)
				require.Equal(t, want, outcome.Result)
				require.NotEmpty(t, outcome.HostID)
			}
		}
		require.NoError(t, save(batch))
		check(importer.Created)
		var n int
		require.NoError(t, h.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+h.dialect.Quote("Kunden")).Scan(&n))
		require.Equal(t, many-len(refused), n)

		for i := range batch { // now they exist, and some are to get a name that is taken
			batch[i].HostID = outcomes[i].HostID
			if refused[i] {
				batch[i] = ownPut(t, objects[0], batch[i].ID, "", salesforce.Record{"Name": fmt.Sprint("Company ", i)})
			}
		}
		require.NoError(t, save(batch))
		for i := range batch {
			batch[i] = ownPut(t, objects[0], batch[i].ID, "", salesforce.Record{"Name": fmt.Sprint("Company ", i), "BillingCity": "Leipzig"})
			if refused[i] {
				batch[i] = ownPut(t, objects[0], batch[i].ID, "", salesforce.Record{"Name": "Company 0"})
			}
			batch[i].HostID = outcomes[i].HostID
		}
		require.NoError(t, save(batch))
		check(importer.Updated)
		state, err := store.State(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, state.Runs)
	})
}

func TestMissingColumnsAreAllNamed(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		_, err := h.ExecContext(t.Context(), `CREATE TABLE bare (id INTEGER)`)
		require.NoError(t, err)
		tables := map[string]sqlstore.Table{
			"customer": {Name: "bare", Existing: true, Columns: map[string]string{"name": "firma"}}, "project": {Name: "nowhere", Existing: true},
		}

		_, err = sqlstore.Open(t.Context(), h.DB, sqlstore.Config{Dialect: h.dialect, Objects: ownObjects(t), Tables: tables})

		require.ErrorContains(t, err, "table bare: it has no column sf_id, active, firma, billing_city, remark, www")
		require.ErrorContains(t, err, "table nowhere: it does not exist")
	})
}

// Sinks that write the same rows in another order get in each other's way, and
// none of them fails for it.
func TestSinksThatMeetWaitForEachOther(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		store, objects := h.openOwn(t)
		const many, sinks, times = 40, 4, 5
		batch := func(city string, reverse bool) []importer.Change {
			list := make([]importer.Change, many)
			for i := range list {
				n := i
				if reverse {
					n = many - 1 - i
				}
				list[i] = ownPut(t, objects[0], salesforce.ID(fmt.Sprintf("001%012dAAA", n)), "", salesforce.Record{"Name": fmt.Sprint("Company ", n), "BillingCity": city})
			}
			return list
		}
		apply(t, store, batch("Leipzig", false)...)
		done := make(chan error, sinks)
		for s := range sinks {
			go func() {
				var err error
				for i := 0; i < times && err == nil; i++ {
					_, err = store.Apply(context.WithoutCancel(t.Context()), batch(fmt.Sprint("City ", s, i), s%2 == 1))
				}
				done <- err
			}()
		}
		for range sinks {
			require.NoError(t, <-done)
		}
		var cities int
		query := fmt.Sprintf(`SELECT COUNT(DISTINCT %s) FROM %s`, h.dialect.Quote("Ort"), h.dialect.Quote("Kunden"))
		require.NoError(t, h.QueryRowContext(t.Context(), query).Scan(&cities))
		require.Equal(t, 1, cities, "batches are written as a whole")
	})
}

func TestStoreWithoutRecords(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		store, err := sqlstore.Open(t.Context(), h.DB, sqlstore.Config{Dialect: h.dialect})
		require.NoError(t, err)
		fence, err := store.Acquire(t.Context(), "me", time.Minute)
		require.NoError(t, err)
		long := strings.Repeat("ä", 100_000)
		require.NoError(t, store.Save(t.Context(), fence, &importer.Checkpoint{Audit: []importer.AuditEntry{{Time: time.Unix(1e9, 0), Actor: "anna", Detail: long}}}))
		for line, err := range store.Audit(t.Context()) {
			require.NoError(t, err)
			require.Equal(t, long, line.Detail)
		}
		var tables int
		err = h.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM customers`).Scan(&tables)
		require.Error(t, err)
		require.NotErrorIs(t, err, sql.ErrNoRows)
	})
}
