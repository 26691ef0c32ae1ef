package salesforcetest

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// apiError is an error as a client sees it.
type apiError struct {
	status  int
	code    string
	message string
	fields  []string // nil when the error has no fields key

	extra map[string]any // further members, such as what a duplicate rule found
	also  []*apiError    // what else is wrong with the record
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// all lists the error and what else is wrong with the record.
func (e *apiError) all() []*apiError { return append([]*apiError{e}, e.also...) }

// bodies are the errors as JSON holds them. The key of the code is errorCode, or
// statusCode in lists of results.
func (e *apiError) bodies(codeKey string) []any {
	var list []any
	for _, e := range e.all() {
		body := map[string]any{"message": e.message, codeKey: e.code}
		if e.fields != nil {
			body["fields"] = e.fields
		}
		maps.Copy(body, e.extra)
		list = append(list, body)
	}
	return list
}

// joined makes one error of several, nil of none.
func joined(list []*apiError) error {
	if len(list) == 0 {
		return nil
	}
	first := *list[0]
	first.also = list[1:]
	return &first
}

// failure is an error without fields.
func failure(status int, code, format string, args ...any) *apiError {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// refusal is a failure of the usual status, 400.
func refusal(code, format string, args ...any) *apiError {
	return failure(http.StatusBadRequest, code, format, args...)
}

// fieldError is a data error: the record cannot be saved because of fields.
func fieldError(code string, fields []string, format string, args ...any) *apiError {
	e := refusal(code, format, args...)
	e.fields = append([]string{}, fields...)
	return e
}

// Errors that are always the same.
var (
	errNotFound   = failure(http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
	errSession    = failure(http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
	errNoAPI      = failure(http.StatusUnauthorized, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")
	errAPILimit   = failure(http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
	errConcurrent = failure(http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
	errDeleted    = &apiError{status: http.StatusNotFound, code: "ENTITY_IS_DELETED", message: "entity is deleted", fields: []string{}}
	errLocator    = refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
	errNoBody     = refusal("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.")
)

func noSuchColumn(ob *object, name string) *apiError {
	return refusal("INVALID_FIELD", "No such column '%s' on sobject of type %s", name, ob.Name)
}

func notAKey(name string) *apiError {
	return failure(http.StatusNotFound, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %s", name)
}

func notWriteable(names []string) *apiError {
	return fieldError("INVALID_FIELD_FOR_INSERT_UPDATE", names,
		"Unable to create/update fields: %s. Please check the security settings of this field and verify that it is "+
			"read/write for your profile or permission set.", strings.Join(names, ", "))
}

func fieldsMissing(names []string) *apiError {
	return fieldError("REQUIRED_FIELD_MISSING", names, "Required fields are missing: [%s]", strings.Join(names, ", "))
}

func lockedRow(id string) *apiError {
	return refusal("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: %s", id)
}

// wrongID is a reference to what is no id, or the id of another kind of record.
func wrongID(f *field, value string) *apiError {
	code := "MALFORMED_ID"
	if _, ok := longID(value); ok && (f.polymorphic() || strings.EqualFold(f.Name, "OwnerId")) {
		code = "FIELD_INTEGRITY_EXCEPTION"
	}
	return fieldError(code, []string{f.Name}, "%s: id value of incorrect type: %s", f.Label, value)
}

// missingRecord is a reference to a record that is not there.
func missingRecord() *apiError {
	return fieldError("INVALID_CROSS_REFERENCE_KEY", nil, "invalid cross reference id")
}
