package salesforcetest

import (
	"net/http"
	"net/url"
	"strings"
)

// serveApexREST hands a request on to what stands for the org's Apex REST
// classes, once its session has been found good.
// https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_rest_intro.htm
func (o *Org) serveApexREST(w http.ResponseWriter, r *http.Request, path []string) {
	s, ok := o.authenticate(r)
	switch {
	case !ok:
		writeError(w, errSession)
		return
	case !s.may("api"):
		writeError(w, errNoAPI)
		return
	}
	info, err := o.count(s.grant)
	w.Header().Set("Sforce-Limit-Info", info)
	switch {
	case err != nil:
		writeError(w, err)
	case s.expired:
		writeError(w, errPasswordExpired)
	case o.opt.ApexREST == nil:
		writeError(w, failure(http.StatusNotFound, "NOT_FOUND", "Could not find a match for URL"))
	default:
		o.opt.ApexREST.ServeHTTP(w, below(r, path))
	}
}

// below is a request whose path begins with what the Apex class sees of it.
func below(r *http.Request, path []string) *http.Request {
	escaped := make([]string, len(path))
	for i, s := range path {
		escaped[i] = url.PathEscape(s)
	}
	in := r.Clone(r.Context())
	in.URL.Path, in.URL.RawPath = "/"+strings.Join(path, "/"), "/"+strings.Join(escaped, "/")
	return in
}
