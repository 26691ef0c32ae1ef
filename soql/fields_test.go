package soql_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

type (
	base struct {
		ID      string    `json:"Id"`
		Changed time.Time `json:"SystemModstamp,omitzero"`
	}

	person struct {
		Name    string
		Profile *struct {
			Name string `json:"Name"`
		} `json:"Profile,omitempty"`
	}

	address struct{ City string } // reads itself, so it is one field

	contact struct {
		base
		Owner person `json:"Owner"`
	}

	account struct {
		*base
		Attributes json.RawMessage   `json:"attributes"`
		Hidden     string            `json:"-"`
		Type       *string           `json:"Type"`
		Level      level             `json:"Level__c"`
		Address    address           `json:"BillingAddress"`
		Tags       []string          `json:"Tags__c"`
		Raw        any               `json:"Raw__c"`
		Owner      person            `json:"Owner"`
		Contacts   []*contact        `json:"Contacts"`
		Extra      map[string]string `json:"Extra__c"`
		unexported string
	}
)

func (*address) UnmarshalJSON([]byte) error { return nil }

// selected prints the select list that fills a T.
func selected[T any](t *testing.T) string {
	t.Helper()
	items, err := soql.FieldsOf[T]()
	require.NoError(t, err)
	q := &soql.Query{Select: items, From: soql.From{Object: "Account"}}
	text, err := q.Text()
	require.NoError(t, err)
	return text
}

func TestFieldsOfFollowsTheStruct(t *testing.T) {
	t.Parallel()
	_ = account{}.unexported
	const want = "SELECT Id, SystemModstamp, Type, Level__c, BillingAddress, Tags__c, Raw__c, Owner.Name, Owner.Profile.Name, " +
		"(SELECT Id, SystemModstamp, Owner.Name, Owner.Profile.Name FROM Contacts), Extra__c FROM Account"
	require.Equal(t, want, selected[account](t))
	require.Equal(t, want, selected[*account](t))
}

type (
	loop      struct{ Parent *loop }
	childLoop struct{ Children []childLoop }
)

func TestFieldsOfRefuses(t *testing.T) {
	t.Parallel()
	for message, fieldsOf := range map[string]func() ([]soql.SelectItem, error){
		"string: not a struct of fields":    soql.FieldsOf[string],
		"not a struct of fields":            soql.FieldsOf[map[string]any],
		"time.Time: not a struct of fields": soql.FieldsOf[time.Time],
		"nothing is selected":               soql.FieldsOf[struct{}],
		`"Id FROM Account" is not the name of a field`: soql.FieldsOf[struct {
			A string `json:"Id FROM Account"`
		}],
		"id comes twice": soql.FieldsOf[struct {
			A string `json:"Id"`
			B string `json:"id"`
		}],
		"loop contains itself":                                  soql.FieldsOf[loop],
		"childLoop contains itself":                             soql.FieldsOf[childLoop],
		"Owner.Visits: children of a parent cannot be selected": soql.FieldsOf[struct{ Owner struct{ Visits []person } }],
		"more than 5 relationships": soql.FieldsOf[struct {
			A struct {
				B struct {
					C struct {
						D struct {
							E struct{ F struct{ G string } }
						}
					}
				}
			}
		}],
	} {
		items, err := fieldsOf()
		require.ErrorContains(t, err, message)
		require.Nil(t, items)
	}
}
