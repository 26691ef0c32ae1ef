package routing

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sfbridge/sfbridge/internal/conf"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Settings are what an administrator configures of routing: plain data, for a
// file, which [ReadSettings] reads and [Schema] describes, or for rows of the
// host's own screen. [Settings.Check] tells what is wrong with them.
type Settings struct {
	// Schema names the JSON Schema for editors, and is not looked at.
	Schema string `json:"$schema,omitempty" yaml:"$schema,omitempty"`
	// CompanyID, KeyField and MaxAttachment are those of [Salesforce].
	CompanyID     string `json:"companyId,omitempty" yaml:"companyId,omitempty"`
	KeyField      string `json:"keyField,omitempty" yaml:"keyField,omitempty"`
	MaxAttachment int64  `json:"maxAttachment,omitempty" yaml:"maxAttachment,omitempty"`
	// Documents has one rule for each type of document. Required.
	Documents []Rule `json:"documents,omitempty" yaml:"documents,omitempty" conf:"required,item=document"`
	// Placeholders, Strict, DateLayout and Waiting are those of [Config].
	Placeholders placeholder.Custom `json:"placeholders,omitzero" yaml:"placeholders,omitempty"`
	Strict       bool               `json:"strict,omitempty" yaml:"strict,omitempty"`
	DateLayout   string             `json:"dateLayout,omitempty" yaml:"dateLayout,omitempty"`
	Waiting      string             `json:"waiting,omitempty" yaml:"waiting,omitempty"`
	// Zone is the time zone of documents without one, by its name in the time zone
	// database, such as "America/Denver". A machine without that database needs the
	// import of time/tzdata. Defaults to that of the machine.
	Zone string `json:"zone,omitempty" yaml:"zone,omitempty"`
	// MailAfter, such as "30m", and MailAfterAttempts are those of [Config].
	MailAfter         time.Duration `json:"mailAfter,omitempty" yaml:"mailAfter,omitempty"`
	MailAfterAttempts int           `json:"mailAfterAttempts,omitempty" yaml:"mailAfterAttempts,omitempty"`

	file *conf.File // where they were read from, nil for nowhere
}

// ReadSettings reads a configuration file, in YAML or JSON; its name says which,
// or else its first character. It is strict: the error has a line for every key
// that does not exist, stands twice or has a value of the wrong kind, with its
// place in the file. What could be read comes with it.
func ReadSettings(name string, data []byte) (*Settings, error) {
	s := &Settings{file: &conf.File{Name: name, Data: data}}
	return s, conf.Decode(name, data, s)
}

//go:embed schema.json
var settingsSchema []byte

// Schema returns the JSON Schema (draft 2020-12) of configuration files, for
// editors and for a host's own screens.
func Schema() []byte { return slices.Clone(settingsSchema) }

// Config adds what is configured to what the host brings: Destination, Store,
// Spool, Mailer and whatever else the settings do not hold. CompanyID, KeyField and
// MaxAttachment go to the Destination, which has to be a [Salesforce] for that.
// [New] tells what is wrong, [Settings.Check] more, and where.
func (s *Settings) Config(host Config) (Config, error) {
	zone, err := s.zone()
	if err != nil {
		return Config{}, fmt.Errorf("routing: configuration: %w", err)
	}
	cfg := host
	if to, ok := host.Destination.(Salesforce); ok {
		to.OrgID, to.KeyField, to.MaxAttachment = salesforce.ID(s.CompanyID), s.KeyField, s.MaxAttachment
		cfg.Destination = to
	} else if s.CompanyID != "" || s.KeyField != "" || s.MaxAttachment != 0 {
		return Config{}, errors.New("routing: configuration: companyId, keyField and maxAttachment need a Salesforce for a Destination")
	}
	cfg.Rules, cfg.Placeholders, cfg.Strict = s.Documents, s.Placeholders, s.Strict
	cfg.DateLayout, cfg.Waiting, cfg.Zone = s.DateLayout, s.Waiting, zone
	cfg.MailAfter, cfg.MailAfterAttempts = s.MailAfter, s.MailAfterAttempts
	return cfg, nil
}

// zone is nil when there is none.
func (s *Settings) zone() (*time.Location, error) {
	if s.Zone == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "Local" {
		return nil, fmt.Errorf("there is no time zone %q: write a name such as America/Denver or Europe/Berlin", s.Zone)
	}
	return zone, nil
}
