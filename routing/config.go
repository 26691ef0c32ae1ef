package routing

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing/outbox"
)

// Config is what a [Router] needs. Destination, Store, Spool and Rules are
// required. If Destination or Mailer has a method Validate() error, New calls it.
type Config struct {
	// Destination is where documents go, usually a Salesforce.
	Destination Destination
	// Store is the ledger.
	Store outbox.Store
	// Spool is the directory for documents under way. It belongs to this
	// ledger alone: files without a delivery in the ledger are removed after
	// Retention. Give it a key if documents must not lie there in clear.
	Spool outbox.Spool
	// Rules has one rule for each type of document.
	Rules []Rule

	// Credit is the rule for credit applications. Defaults to none: they are
	// refused.
	Credit *CreditRule
	// Sealer seals credit applications. Required with Credit.
	Sealer Sealer

	// Results is the form for the results of appointments. Defaults to none: they
	// are refused.
	Results *ResultsForm
	// Renderer makes the results report. Required with Results.
	Renderer Renderer
	// Records is whose records results are written to. Defaults to Destination,
	// which is a Salesforce then.
	Records *Salesforce
	// OptionsMaxAge is how long the form's options are kept before they are read
	// from Salesforce again. Defaults to 15 minutes.
	OptionsMaxAge time.Duration

	// Mailer sends documents that cannot be uploaded. Required when a rule has
	// recipients.
	Mailer Mailer
	// Waiting tells backup recipients where a document waits that is too large to
	// be mailed, for instance by the address of a page of the host's, where
	// %deliveryId% stands for the delivery. Defaults to "the outbox of the app, as
	// delivery %deliveryId%".
	Waiting string
	// Fallback is told of documents that can be neither uploaded nor mailed.
	// Defaults to nobody.
	Fallback Fallback
	// Placeholders are the company's own and those of its offices. Those of a
	// submission win over them. Defaults to none.
	Placeholders placeholder.Custom
	// Strict refuses file names and mails with placeholders that nobody defined: New
	// does so for those that are neither built in nor among Placeholders, and Route
	// for those of an office that lacks one. What only submissions define needs
	// a replacement among Placeholders, too; it may be empty. Defaults to false:
	// they stay in the name as they are.
	Strict bool
	// DateLayout is how %date% prints for a submission without a layout of its
	// own, as [placeholder.Layout] reads it. Defaults to "M/D/YY": 5/23/19.
	DateLayout string
	// Zone is where the day is counted for a submission without a date. A date
	// carries its own zone, and keeps it. Defaults to the zone of Now.
	Zone *time.Location

	// Workers is how many deliveries Run works on at once. Defaults to 3.
	Workers int
	// Poll is how often Run looks for deliveries that have fallen due. Defaults
	// to 1 second.
	Poll time.Duration
	// Lease is how long a delivery stays with a process that died. Work that
	// takes longer extends it, and is broken off when the ledger cannot be
	// reached for so long. Defaults to 1 minute.
	Lease time.Duration

	// SaveTimeout is how long the ledger may take for one write. Work under way
	// is noted even when the host wants to stop, so it also bounds that.
	// Defaults to 10 seconds.
	SaveTimeout time.Duration

	// MailAfter and MailAfterAttempts end the attempts to upload a document:
	// whichever comes first, counted from the first attempt, the time anew
	// after a crash. Default to 30 minutes and 8.
	MailAfter         time.Duration
	MailAfterAttempts int
	// BackoffMin is the pause after a first failure. Each further one doubles
	// it, up to BackoffMax; every pause is cut at random by up to a half.
	// Default to 15 seconds and 1 hour.
	BackoffMin, BackoffMax time.Duration

	// UploadTimeout is the most that an upload may take, and how long Salesforce
	// may work on one after its last byte. Salesforce itself gives up after 10
	// minutes, which is the default.
	UploadTimeout time.Duration
	// UploadStart and UploadRate end an upload that hangs sooner than that: it
	// may take UploadStart, and its size at UploadRate bytes per second. Default
	// to 1 minute and 50,000.
	UploadStart time.Duration
	UploadRate  int64
	// Quarantine is waited beyond that before a document whose upload has an
	// open outcome is uploaded again. UploadTimeout and Quarantine are counted
	// together, by Salesforce's clock, from its first answer that it does not
	// have the document. Defaults to 1 minute.
	Quarantine time.Duration
	// Probes are the times after which Salesforce is asked about an upload
	// with an open outcome, in rising order, counted from when it became open.
	// It is asked once more when the quarantine is over. Defaults to 5 s, 30 s,
	// 2 min and 5 min.
	Probes []time.Duration

	// PurgeEvery is how often Run calls Purge. Defaults to 1 hour.
	PurgeEvery time.Duration
	// Retention is how long a delivery that is done is remembered. Its key is
	// refused for as long, and may be used for another document after that.
	// Defaults to 30 days.
	Retention time.Duration

	// Now is the clock. Setting it forward cuts pauses, leases, MailAfter and
	// Retention short, and setting it back draws them out; neither makes a
	// second copy of a document under way. Defaults to time.Now.
	Now func() time.Time
	// Rand gives random numbers of at least 0 and less than 1, for the pauses.
	// Defaults to math/rand.
	Rand func() float64
	// Logger is told what happens: ids, states and errors, no names and no
	// content. Defaults to no log.
	Logger *slog.Logger
}

// withDefaults fills the fields that have a default.
func (c Config) withDefaults() Config {
	setDefault(&c.Workers, 3)
	setDefault(&c.MailAfterAttempts, 8)
	setDefault(&c.Poll, time.Second)
	setDefault(&c.Lease, time.Minute)
	setDefault(&c.SaveTimeout, 10*time.Second)
	setDefault(&c.MailAfter, 30*time.Minute)
	setDefault(&c.BackoffMin, 15*time.Second)
	setDefault(&c.BackoffMax, time.Hour)
	setDefault(&c.UploadTimeout, 10*time.Minute)
	setDefault(&c.UploadStart, time.Minute)
	setDefault(&c.UploadRate, 50_000)
	setDefault(&c.Quarantine, time.Minute)
	setDefault(&c.OptionsMaxAge, 15*time.Minute)
	setDefault(&c.PurgeEvery, time.Hour)
	setDefault(&c.Retention, 30*24*time.Hour)
	if len(c.Probes) == 0 {
		c.Probes = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute}
	}
	setDefault(&c.Waiting, "the outbox of the app, as delivery %deliveryId%")
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate checks a Config that has its defaults.
func (c Config) validate() error {
	var errs []error
	for _, field := range []struct {
		name    string
		missing bool
	}{
		{"Destination", c.Destination == nil},
		{"Store", c.Store == nil},
		{"Spool.Dir", c.Spool.Dir == ""},
		{"Rules", len(c.Rules) == 0 && c.Credit == nil && c.Results == nil},
	} {
		if field.missing {
			errs = append(errs, fmt.Errorf("%s is missing", field.name))
		}
	}
	for _, field := range []struct {
		name  string
		value int64
	}{
		{"Workers", int64(c.Workers)},
		{"Poll", int64(c.Poll)},
		{"Lease", int64(c.Lease)},
		{"SaveTimeout", int64(c.SaveTimeout)},
		{"MailAfter", int64(c.MailAfter)},
		{"MailAfterAttempts", int64(c.MailAfterAttempts)},
		{"BackoffMin", int64(c.BackoffMin)},
		{"UploadTimeout", int64(c.UploadTimeout)},
		{"UploadStart", int64(c.UploadStart)},
		{"UploadRate", c.UploadRate},
		{"Quarantine", int64(c.Quarantine)},
		{"Probes", int64(c.Probes[0])},
		{"OptionsMaxAge", int64(c.OptionsMaxAge)},
		{"PurgeEvery", int64(c.PurgeEvery)},
		{"Retention", int64(c.Retention)},
	} {
		if field.value < 0 {
			errs = append(errs, fmt.Errorf("%s is negative", field.name))
		}
	}
	if c.BackoffMax < c.BackoffMin {
		errs = append(errs, fmt.Errorf("BackoffMax %s is less than BackoffMin %s", c.BackoffMax, c.BackoffMin))
	}
	if !slices.IsSorted(c.Probes) {
		errs = append(errs, fmt.Errorf("the times of Probes do not rise: %s", c.Probes))
	}
	errs = append(errs, c.Placeholders.Validate())
	if _, err := placeholder.Layout(c.DateLayout); c.DateLayout != "" && err != nil {
		errs = append(errs, fmt.Errorf("DateLayout: %w", err))
	}
	if waiting, err := placeholder.Parse(c.Waiting); err != nil {
		errs = append(errs, fmt.Errorf("field Waiting: %w", err))
	} else if err := waiting.Check([]string{deliveryID}); err != nil {
		errs = append(errs, fmt.Errorf("field Waiting: %w", err))
	}
	for _, seam := range []any{c.Destination, c.Mailer, c.Spool} {
		if v, ok := seam.(interface{ Validate() error }); ok {
			errs = append(errs, v.Validate())
		}
	}
	return errors.Join(errs...)
}

// routes parses the rules.
func (c Config) routes() (map[DocumentType]*route, error) {
	routes := map[DocumentType]*route{}
	known := append(placeholder.Names(), c.Placeholders.Names()...)
	rules, err := c.credit()
	errs := []error{err}
	rules, err = c.results(rules)
	errs = append(errs, err)
	for _, rule := range rules {
		parsed, err := parseRule(rule)
		errs = append(errs, err)
		if c.Strict {
			errs = append(errs, parsed.checkNames(known))
		}
		if routes[rule.Type] != nil {
			errs = append(errs, fmt.Errorf("more than one rule for %s", rule.Type))
		}
		if len(rule.Backup) > 0 && c.Mailer == nil {
			errs = append(errs, fmt.Errorf("rule %s has backup recipients, but there is no Mailer", rule.Type))
		}
		routes[rule.Type] = parsed
	}
	return routes, errors.Join(errs...)
}
