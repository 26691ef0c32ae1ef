package salesforce

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
)

// Code is the name that Salesforce gives to a fault, such as
// UNABLE_TO_LOCK_ROW; from the token endpoint it is OAuth's, such as
// invalid_grant. The list is open: new releases add codes. Branch on the
// sentinel errors where one fits.
//
// See "Status Codes and Error Responses" in the REST API Developer Guide.
type Code string

// effect says what a refused request did, and so whether it may be repeated.
type effect uint8

const (
	refused effect = iota // nothing, and the same request will be refused again
	busy                  // nothing, and the same request may succeed later
	unclear               // perhaps everything; the same request may succeed later
	unheard               // perhaps everything; why is not known, so do not insist
)

// passing reports whether the same request may succeed later.
func (e effect) passing() bool { return e == busy || e == unclear }

// done reports whether the request may have been carried out.
func (e effect) done() bool { return e == unclear || e == unheard }

// meaning is what a code says to a program: the effect and the sentinels that
// the error matches.
type meaning struct {
	effect  effect
	classes []error
}

func means(e effect, classes ...error) meaning { return meaning{e, classes} }

// codes holds the codes that say more than their status does.
var codes = map[Code]meaning{
	// The session and the login.
	"INVALID_SESSION_ID":                      means(refused, ErrSession),
	"LOGIN_OAUTH_INVALID_TOKEN":               means(refused, ErrSession),
	badToken:                                  means(refused, ErrSession),
	"INVALID_LOGIN":                           means(refused, ErrAuth, ErrCredentials),
	"LOGIN_MUST_USE_SECURITY_TOKEN":           means(refused, ErrAuth, ErrSecurityToken),
	"INVALID_OPERATION_WITH_EXPIRED_PASSWORD": means(refused, ErrAuth, ErrPasswordExpired),
	"PASSWORD_LOCKOUT":                        means(refused, ErrAuth),
	"LOGIN_DURING_RESTRICTED_DOMAIN":          means(refused, ErrAuth, ErrLoginBlocked),
	"LOGIN_DURING_RESTRICTED_TIME":            means(refused, ErrAuth, ErrLoginBlocked),
	"LOGIN_CHALLENGE_ISSUED":                  means(refused, ErrAuth),
	"LOGIN_CHALLENGE_PENDING":                 means(refused, ErrAuth),
	"CLIENT_NOT_ACCESSIBLE_FOR_USER":          means(refused, ErrAuth),
	"ORG_LOCKED":                              means(refused, ErrAuth),
	"TRIAL_EXPIRED":                           means(refused, ErrAuth),
	"API_DISABLED_FOR_ORG":                    means(refused, ErrAccess, ErrAPIDisabled),
	"invalid_grant":                           means(refused, ErrAuth),
	"invalid_client":                          means(refused, ErrAuth, ErrCredentials),
	"invalid_client_id":                       means(refused, ErrAuth, ErrCredentials),
	"invalid_app_access":                      means(refused, ErrAuth, ErrApproval),
	"unsupported_grant_type":                  means(refused, ErrAuth),
	"unauthorized_client":                     means(refused, ErrAuth),
	"inactive_user":                           means(refused, ErrAuth),
	"inactive_org":                            means(refused, ErrAuth),
	"access_denied":                           means(refused, ErrAuth),
	"OAUTH_APP_BLOCKED":                       means(refused, ErrAuth, ErrApproval),
	"OAUTH_APP_ACCESS_DENIED":                 means(refused, ErrAuth, ErrApproval),
	"unknown_error":                           means(busy, ErrUnavailable),

	"INVALID_OPERATION":       means(refused),
	"UNSUPPORTED_API_VERSION": means(refused),
	"Client":                  means(refused), // a SOAP fault without a code of Salesforce's own

	// The moment: nothing was done, a little later it may be.
	"SERVER_UNAVAILABLE":                                  means(busy, ErrUnavailable),
	"API_CURRENTLY_DISABLED":                              means(busy, ErrUnavailable),
	"ORG_IN_MAINTENANCE":                                  means(busy, ErrUnavailable),
	"INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE": means(busy, ErrUnavailable),
	"UNABLE_TO_LOCK_ROW":                                  means(busy),
	"TXN_SECURITY_METERING_ERROR":                         means(busy, ErrAccess),
	"REQUEST_LIMIT_EXCEEDED":                              means(busy, ErrUnavailable),

	// The server gave up on the way.
	"REQUEST_RUNNING_TOO_LONG": means(unclear, ErrUnavailable),
	"UNKNOWN_EXCEPTION":        means(unclear, ErrUnavailable),

	// What is not there, or no longer.
	"NOT_FOUND":                   means(refused, ErrNotFound),
	"ENTITY_IS_DELETED":           means(refused, ErrDeleted, ErrNotFound),
	"INVALID_CROSS_REFERENCE_KEY": means(refused, ErrNotFound),

	// What is there already.
	"DUPLICATE_VALUE":       means(refused, ErrDuplicate),
	"DUPLICATES_DETECTED":   means(refused, ErrDuplicate),
	"DUPLICATE_EXTERNAL_ID": means(refused, ErrDuplicate),

	// What the values break.
	"REQUIRED_FIELD_MISSING":                  means(refused, ErrValidation),
	"STRING_TOO_LONG":                         means(refused, ErrValidation),
	"NUMBER_OUTSIDE_VALID_RANGE":              means(refused, ErrValidation),
	"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": means(refused, ErrValidation),
	"INVALID_EMAIL_ADDRESS":                   means(refused, ErrValidation),
	"FIELD_CUSTOM_VALIDATION_EXCEPTION":       means(refused, ErrValidation),
	"FIELD_FILTER_VALIDATION_EXCEPTION":       means(refused, ErrValidation),
	"FIELD_INTEGRITY_EXCEPTION":               means(refused, ErrValidation),
	"INVALID_FIELD_FOR_INSERT_UPDATE":         means(refused, ErrValidation),
	"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY":    means(refused, ErrValidation),
	"CANNOT_EXECUTE_FLOW_TRIGGER":             means(refused, ErrValidation),
	"MALFORMED_ID":                            means(refused, ErrValidation),
	"JSON_PARSER_ERROR":                       means(refused, ErrValidation),
	"INVALID_REPLICATION_DATE":                means(refused, ErrValidation),
	"INACTIVE_OWNER_OR_USER":                  means(refused, ErrValidation),
	"FILE_EXTENSION_NOT_ALLOWED":              means(refused, ErrValidation),
	"HTML_FILE_UPLOAD_NOT_ALLOWED":            means(refused, ErrValidation),

	// What the user may not do.
	"INSUFFICIENT_ACCESS":                           means(refused, ErrAccess),
	"INSUFFICIENT_ACCESS_OR_READONLY":               means(refused, ErrAccess),
	"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": means(refused, ErrAccess),
	"FUNCTIONALITY_NOT_ENABLED":                     means(refused, ErrAccess),
	"TXN_SECURITY_NO_ACCESS":                        means(refused, ErrAccess),

	// What is wrong with a query.
	"MALFORMED_QUERY":               means(refused, ErrQuery),
	"MALFORMED_SEARCH":              means(refused, ErrQuery),
	"INVALID_FIELD":                 means(refused, ErrQuery, ErrValidation),
	"INVALID_TYPE":                  means(refused, ErrQuery, ErrValidation),
	"INVALID_QUERY_FILTER_OPERATOR": means(refused, ErrQuery),
	"INVALID_QUERY_LOCATOR":         means(refused, ErrQuery),
	"QUERY_TIMEOUT":                 means(refused, ErrQuery),
	"QUERY_TOO_COMPLICATED":         means(refused, ErrQuery),

	// What is full or too large.
	"STORAGE_LIMIT_EXCEEDED":     means(refused, ErrStorage),
	"FILE_SIZE_LIMIT_EXCEEDED":   means(refused, ErrTooLarge),
	"MAXIMUM_SIZE_OF_ATTACHMENT": means(refused, ErrTooLarge),
	"EXCEEDED_MAX_SIZE_REQUEST":  means(refused, ErrTooLarge),
	"EXCEEDED_ID_LIMIT":          means(refused, ErrTooLarge),
	"OPERATION_TOO_LARGE":        means(refused, ErrTooLarge),
}

// statuses serves answers without a known code: pages of a proxy, empty
// bodies, codes of a later release. Every other status is a plain refusal.
var statuses = map[int]meaning{
	http.StatusMultipleChoices:             means(refused, ErrDuplicate),
	http.StatusUnauthorized:                means(refused, ErrSession),
	http.StatusForbidden:                   means(refused, ErrAccess),
	http.StatusNotFound:                    means(refused, ErrNotFound),
	http.StatusGone:                        means(refused, ErrNotFound),
	http.StatusRequestTimeout:              means(busy, ErrUnavailable),
	http.StatusRequestEntityTooLarge:       means(refused, ErrTooLarge),
	http.StatusRequestURITooLong:           means(refused, ErrTooLarge),
	420:                                    means(busy, ErrUnavailable), // the edge knows no route to the host
	http.StatusTooManyRequests:             means(busy, ErrUnavailable),
	http.StatusRequestHeaderFieldsTooLarge: means(refused, ErrTooLarge),
	http.StatusInternalServerError:         means(unclear, ErrUnavailable),
	http.StatusBadGateway:                  means(unclear, ErrUnavailable),
	http.StatusServiceUnavailable:          means(unclear, ErrUnavailable),
	http.StatusGatewayTimeout:              means(unclear, ErrUnavailable),
}

// texts tells cases apart that share a code. The words looked for are names or
// those of the login servers, which no language changes.
var texts = []struct {
	code Code
	text string
	meaning
}{
	{"REQUEST_LIMIT_EXCEEDED", "TotalRequests", means(refused, ErrDailyLimit)},
	{"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "UNABLE_TO_LOCK_ROW", means(busy)},
	{"invalid_grant", "authentication failure", means(refused, ErrAuth, ErrCredentials)},
	{"invalid_grant", "invalid assertion", means(refused, ErrAuth, ErrCredentials)},
	{"invalid_grant", "ip restricted", means(refused, ErrAuth, ErrLoginBlocked)},
	{"invalid_grant", "approved this consumer", means(refused, ErrAuth, ErrApproval)},
	{"invalid_grant", "no client credentials user", means(refused, ErrAuth, ErrApproval)},
	{"invalid_grant", "not supported on this domain", means(refused, ErrAuth, ErrWrongHost)},
	{"invalid_grant", "udience", means(refused, ErrAuth, ErrWrongHost)},
}

// meaning looks up what the error says.
func (e *Error) meaning() meaning {
	for _, t := range texts {
		if t.code == e.Code && strings.Contains(e.Message, t.text) {
			return t.meaning
		}
	}
	if m, ok := codes[e.Code]; ok {
		return m
	}
	if e.Status == 0 && e.cause != nil {
		return causeMeaning(e.cause)
	}
	m := statuses[e.Status]
	if e.Code != "" && m.effect == unclear {
		m.effect = unheard
	}
	return m
}

// causeMeaning tells what an error of the network says. A certificate that is
// not trusted now is not trusted a minute later either.
func causeMeaning(cause error) meaning {
	switch {
	case errors.Is(cause, context.Canceled), errors.Is(cause, context.DeadlineExceeded):
		return means(unclear)
	case isCertificateError(cause):
		return means(refused, ErrUnavailable)
	case isNoHost(cause):
		return means(unclear, ErrUnavailable, ErrWrongHost)
	default:
		return means(unclear, ErrUnavailable)
	}
}

func isCertificateError(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	return untrusted || noTLS
}

func isNoHost(err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	return ok && e.IsNotFound
}
