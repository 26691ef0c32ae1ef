package salesforcetest

import (
	"fmt"
	"net/http"
	"strings"
)

// apiError is an error as a client sees it.
type apiError struct {
	status  int
	code    string
	message string
	fields  []string // nil when the error has no fields key
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// refusal is an error of status 400 without fields.
func refusal(code, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...)}
}

// fieldError is a data error: the record cannot be saved because of fields.
func fieldError(code string, fields []string, format string, args ...any) *apiError {
	e := refusal(code, format, args...)
	e.fields = append([]string{}, fields...)
	return e
}

// Errors that are always the same.
var (
	errNotFound = &apiError{status: http.StatusNotFound, code: "NOT_FOUND",
		message: "The requested resource does not exist"}
	errDeleted = &apiError{status: http.StatusNotFound, code: "ENTITY_IS_DELETED",
		message: "entity is deleted", fields: []string{}}
	errSession = &apiError{status: http.StatusUnauthorized, code: "INVALID_SESSION_ID",
		message: "Session expired or invalid"}
	errAPILimit = &apiError{status: http.StatusForbidden, code: "REQUEST_LIMIT_EXCEEDED",
		message: "TotalRequests Limit exceeded."}
	errLocator = refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
	errNoBody  = refusal("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.")
)

func noSuchColumn(ob *object, name string) *apiError {
	return refusal("INVALID_FIELD", "No such column '%s' on sobject of type %s", name, ob.Name)
}

func notAKey(name string) *apiError {
	return &apiError{status: http.StatusNotFound, code: "NOT_FOUND",
		message: "Provided external ID field does not exist or is not accessible: " + name}
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
