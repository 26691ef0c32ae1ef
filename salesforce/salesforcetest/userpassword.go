package salesforcetest

import "net/http"

// passwordExpired answers GET /sobjects/User/id/password.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_user_password.htm
func (c *call) passwordExpired() error {
	user := c.userByID(c.args[0])
	if user == nil {
		return errNotFound
	}
	a := &c.org.accounts
	a.mu.Lock()
	l := a.logins[user.id()]
	expired := l != nil && l.expired
	a.mu.Unlock()
	writeJSON(c.w, http.StatusOK, map[string]bool{"IsExpired": expired})
	return nil
}

// userByID returns a user, nil for none.
func (c *call) userByID(id string) *record {
	defer c.reading()()
	return c.org.object("User").find(long(id), c.tx)
}

// changePassword answers POST /sobjects/User/id/password.
func (c *call) changePassword() error {
	in, err := c.plainBody()
	if err != nil {
		return err
	}
	var password string
	switch err := take(in, map[string]any{"NewPassword": &password}); {
	case err != nil:
		return err
	case password == "":
		return refusal("INVALID_NEW_PASSWORD", "Your password cannot be empty")
	}
	if err := c.newPassword(c.args[0], password, false); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// dropPassword answers DELETE /sobjects/User/id/password.
func (c *call) dropPassword() error {
	password, err := c.randomPassword(c.args[0])
	if err != nil {
		return err
	}
	writeJSON(c.w, http.StatusOK, map[string]string{"NewPassword": password})
	return nil
}
