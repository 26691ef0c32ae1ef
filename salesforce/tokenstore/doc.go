// Package tokenstore keeps the refresh tokens of Salesforce logins, for all
// processes that share them.
//
// Where an app rotates its refresh tokens each works once, and a second use
// revokes the login. [Files] keeps each login in a file and lets one process at
// a time renew it by a lock of the file system; [SQL] keeps them in a database
// and does the same with a lease. Either is a [salesforce.TokenStore]:
//
//	store, err := tokenstore.NewFiles(tokenstore.FilesConfig{Dir: dir, Key: key})
//	cfg.Auth = salesforce.RefreshToken{ClientID: id, Token: first, Store: store, Key: "ada"}
//
// Tokens are encrypted with AES-256-GCM under a key that the host gives, so that
// a copy of the files or of the table tells nothing, and bound to the name of
// their login, so that one cannot be put in another's place. Whoever can write
// there can still bring an old token back, which ends the login.
package tokenstore
