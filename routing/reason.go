package routing

import (
	"errors"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// The reasons that are given to people, besides those in refusals. A reason is one
// sentence without an id, a code or an error's own words.
const (
	reasonTooLarge    = "The file is too large to be uploaded to Salesforce."
	reasonUnreachable = "Salesforce could not be reached"
	reasonBusy        = "Salesforce was too busy to take the document."
	reasonUnconfirmed = "Salesforce did not confirm the upload."
	reasonCorrupted   = "Salesforce did not store the document as it was sent."
	reasonDamaged     = "The stored copy of the document is missing or damaged."
	reasonRefused     = "Salesforce refused the document."
	reasonLogin       = "Salesforce refused the login."
	reasonDailyLimit  = "The company's Salesforce accepts no more requests today."
)

// A refusal says what a class of errors means to a person, and whether trying
// again is pointless.
type refusal struct {
	class error
	final bool
	text  string
}

// refusals are matched in this order, the particular before the general.
var refusals = []refusal{
	{salesforce.ErrDailyLimit, false, reasonDailyLimit},
	{salesforce.ErrDailyShare, false, reasonDailyLimit},
	{salesforce.ErrPasswordExpired, true, "The password for Salesforce has expired."},
	{salesforce.ErrOrgMismatch, true, "The login leads to another company's Salesforce."},
	{salesforce.ErrSOAPLoginUnavailable, true, "Salesforce no longer takes this kind of login."},
	{salesforce.ErrSecurityToken, true, "Salesforce asks for a security token to log in from here."},
	{salesforce.ErrLoginBlocked, true, "The Salesforce user may not log in from here, or at this hour."},
	{salesforce.ErrApproval, true, "Nobody has approved this app in Salesforce for its user."},
	{salesforce.ErrCredentials, true, "The user name or the password for Salesforce is wrong."},
	{salesforce.ErrAPIDisabled, true, "The company's Salesforce, or its user, may not be used by apps."},
	{salesforce.ErrUnavailable, false, reasonUnreachable},
	{salesforce.ErrWrongHost, true, "The login belongs to another address of Salesforce."},
	{salesforce.ErrAuth, true, reasonLogin},
	{salesforce.ErrSession, false, "Salesforce ended the session."},
	{salesforce.ErrInsecureURL, true, "The connection to Salesforce is not secure."},
	{salesforce.ErrStorage, true, "Salesforce has no space left for files."},
	{salesforce.ErrTooLarge, true, reasonTooLarge},
	{salesforce.ErrDeleted, true, "The record in Salesforce has been deleted."},
	{salesforce.ErrNotFound, true, "The record was not found in Salesforce."},
	{salesforce.ErrAccess, true, "The Salesforce user may not add documents to the record."},
	{salesforce.ErrDuplicate, true, "Salesforce takes the document for a duplicate."},
	{salesforce.ErrValidation, true, "Salesforce did not accept the details of the document."},
	{salesforce.ErrQuery, true, reasonRefused},
}

// refused tells what an error of an upload means.
func refused(err error) refusal {
	meant := refusal{text: reasonUnreachable}
	e, answered := errors.AsType[*salesforce.Error](err)
	answered = answered && e.Status != 0
	if answered {
		meant = refusal{final: true, text: reasonRefused}
	}
	for _, r := range refusals {
		if errors.Is(err, r.class) {
			meant = r
			break
		}
	}
	if answered && meant.final && salesforce.Retryable(err) {
		return refusal{text: reasonBusy}
	}
	return meant
}

// explain takes down what an error means to a person, and since when Salesforce
// has not been reached if that is it.
func (r *Router) explain(w *work, err error) refusal {
	why := w.job.Part.refused(err)
	if why.text != reasonUnreachable {
		w.job.Down = time.Time{}
		return why
	}
	if w.job.Down.IsZero() {
		w.job.Down = r.cfg.Now()
	}
	since := w.job.Down
	if r.cfg.Zone != nil {
		since = since.In(r.cfg.Zone)
	}
	why.text += " since " + since.Format("Monday, January 2, 2006, 3:04 PM MST") + "."
	return why
}
