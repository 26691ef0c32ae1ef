package appointments

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/internal/conf"
	"github.com/sfbridge/sfbridge/mapping"
)

// Settings are what an administrator configures of a feed: plain data, for a
// file, which [ReadSettings] reads and [Schema] describes, or for rows of the
// host's own screen. [Settings.Check] tells what is wrong with them.
type Settings struct {
	// Schema names the JSON Schema for editors, and is not looked at.
	Schema string `json:"$schema,omitempty" yaml:"$schema,omitempty"`

	// Off switches the feed off. Nothing else is required then. Defaults to
	// false.
	Off bool `json:"off,omitempty" yaml:"off,omitempty"`

	// CompanyID is the Salesforce Company ID that the login has to lead to.
	// Defaults to any.
	CompanyID string `json:"companyId,omitempty" yaml:"companyId,omitempty"`

	// SignOn says how users sign on. Defaults to SharedLogin.
	SignOn Mode `json:"signOn,omitempty" yaml:"signOn,omitempty"`

	// Query is the query in SOQL. Required.
	Query string `json:"query,omitempty" yaml:"query,omitempty" conf:"required,unless=off"`

	// UserField and Token are those of [Config].
	UserField string `json:"userField,omitempty" yaml:"userField,omitempty"`
	Token     string `json:"token,omitempty" yaml:"token,omitempty"`

	// Window bounds the time of the appointments. Defaults to no bounds but those
	// of the query.
	Window Window `json:"window,omitzero" yaml:"window,omitempty"`

	// Zone is the time zone of users of whom the host knows none, by its name in
	// the time zone database, such as "America/Denver". A machine without that
	// database needs the import of time/tzdata. Defaults to UTC.
	Zone string `json:"zone,omitempty" yaml:"zone,omitempty"`

	// Mapping are the rows of the mapping. Required.
	Mapping []mapping.Rule `json:"mapping,omitempty" yaml:"mapping,omitempty" conf:"required,unless=off,item=rule"`

	file *file // where they were read from, nil for nowhere
}

// file is what Settings were read from.
type file struct {
	name string
	text string
}

// placeOf is where the value of a key at the top stands, zeros if it is not there.
func (f *file) placeOf(key string) (line, column int) {
	if f == nil {
		return 0, 0
	}
	return conf.Place(f.name, []byte(f.text), key)
}

// ReadSettings reads a configuration file, in YAML or JSON; its name says which,
// or else its first character. It is strict: the error has a line for every key
// that does not exist, stands twice or has a value of the wrong kind, with its
// place in the file. What could be read comes with it.
func ReadSettings(name string, data []byte) (*Settings, error) {
	s := &Settings{file: &file{name, strings.ReplaceAll(string(data), "\r\n", "\n")}}
	return s, conf.Decode(name, data, s)
}

//go:embed schema.json
var settingsSchema []byte

// Schema returns the JSON Schema (draft 2020-12) of configuration files, for
// editors and for a host's own screens.
func Schema() []byte { return slices.Clone(settingsSchema) }

// Config makes a Config of the settings, with the host's sign-on. The options
// are the host's share of the mapping, such as converters of its own; a Zone
// among them goes before that of the settings. Its error joins every fault that
// shows without an org; [Settings.Check] tells more, and where.
func (s *Settings) Config(on SignOn, opt *mapping.Options) (Config, error) {
	cfg := Config{
		Off: s.Off, OrgID: s.CompanyID, SignOn: on,
		Query: s.Query, UserField: s.UserField, Token: s.Token, Window: s.Window,
	}
	if s.Off {
		return cfg, nil
	}
	var errs []error
	if on != nil && on.mode() != s.mode() {
		errs = append(errs, fmt.Errorf("the configuration is for the sign-on %q, the app has %q", s.mode(), on.mode()))
	}
	_, err := s.zone()
	errs = append(errs, err)
	cfg.Mapping, err = mapping.New(s.Mapping, s.options(opt))
	if err := errors.Join(append(errs, err)...); err != nil {
		return Config{}, fmt.Errorf("appointments: configuration: %w", err)
	}
	return cfg, nil
}

func (s *Settings) mode() Mode {
	if s.SignOn == "" {
		return SharedLogin
	}
	return s.SignOn
}

// userField is the field for queries without the token, "" for none.
func (s *Settings) userField() string {
	if s.UserField == "" && s.mode() == OwnLogin {
		return ownerField
	}
	return s.UserField
}

// zone is UTC when there is none, or a wrong one.
func (s *Settings) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(s.Zone)
	if err == nil && s.Zone != "Local" {
		return zone, nil
	}
	return time.UTC, fmt.Errorf("there is no time zone %q: write a name such as America/Denver or Europe/Berlin", s.Zone)
}

// options are the host's, with the zone of the settings where they have none.
func (s *Settings) options(opt *mapping.Options) *mapping.Options {
	var o mapping.Options
	if opt != nil {
		o = *opt
	}
	if o.Zone == nil {
		o.Zone, _ = s.zone()
	}
	return &o
}

// place is where a position in the query stands in the file: 0 if it does not
// stand there as it is.
func (s *Settings) place(line, column int) (int, int) {
	if s.file == nil || line == 0 {
		return 0, 0
	}
	query := strings.Split(strings.TrimRight(s.Query, "\n"), "\n")
	text := strings.Split(s.file.text, "\n")
	found, indent := 0, 0
	for i := range text {
		if at, ok := standsAt(text[i:], query); ok {
			if found > 0 {
				return 0, 0 // twice: who knows which is meant
			}
			found, indent = i+1, at
		}
	}
	if found == 0 {
		return 0, 0
	}
	return found + line - 1, indent + column
}

// standsAt reports whether lines begin with those of a query, and behind how
// many characters of each.
func standsAt(lines, query []string) (indent int, ok bool) {
	if len(query) > len(lines) || strings.TrimSpace(query[0]) == "" {
		return 0, false
	}
	before, _, ok := strings.Cut(lines[0], query[0])
	if !ok || len(query) > 1 && strings.TrimSpace(before) != "" {
		return 0, false
	}
	for i, line := range query[1:] {
		if strings.TrimRight(lines[i+1], " \t") != strings.TrimRight(strings.TrimRight(before, "\n")+line, " \t") {
			return 0, false
		}
	}
	return len([]rune(before)), true
}
