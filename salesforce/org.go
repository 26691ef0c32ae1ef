package salesforce

import (
	"context"
	"net/http"
)

// Limit is one of the org's allowances.
type Limit struct {
	Max       int64
	Remaining int64
}

// Limits returns the org's allowances by name, such as DailyApiRequests,
// DataStorageMB or FileStorageMB. [Client.Usage] tells the daily requests
// without a call.
//
// See "Limits" in the REST API Developer Guide.
func (c *Client) Limits(ctx context.Context) (map[string]Limit, error) {
	var limits map[string]Limit
	err := c.get(ctx, "get the limits", "/limits", &limits)
	return limits, err
}

// Identity is who a session's user is.
type Identity struct {
	UserID   ID     `json:"user_id"`
	OrgID    ID     `json:"organization_id"`
	Username string `json:"preferred_username"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Active   bool   `json:"active"`
	UserType string `json:"user_type"`
	Language string `json:"language"` // such as en_US
	Locale   string `json:"locale"`
	TimeZone string `json:"zoneinfo"` // an IANA name, in which the user's date literals are counted
}

// Identity asks who the session's user is.
//
// See "The UserInfo Endpoint" in Salesforce Help.
func (c *Client) Identity(ctx context.Context) (Identity, error) {
	var who Identity
	request := &call{op: "get the identity", method: http.MethodGet, path: "/services/oauth2/userinfo", idempotent: true}
	err := c.exchange(ctx, request, &who)
	return who, err
}
