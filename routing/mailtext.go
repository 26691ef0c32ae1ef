package routing

import (
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/placeholder"
)

// A MailText is what backup recipients read, as templates; see package
// placeholder. Besides the placeholders of file names there are those of
// [MailPlaceholders]. Those of a file name are expanded when the document is
// accepted, to what they are in its name.
type MailText struct {
	// Subject defaults to "Not saved to Salesforce: %title%".
	Subject string `json:"subject,omitempty" yaml:"subject,omitempty"`
	// Text defaults to a sentence, the reason and the details. Where a document is
	// not attached, that is said in any case.
	Text string `json:"text,omitempty" yaml:"text,omitempty"`
}

// MailPlaceholders describes the placeholders of a [MailText] that file names do
// not have. They win over others of the same name.
func MailPlaceholders() []placeholder.Placeholder {
	list := make([]placeholder.Placeholder, len(mailPlaceholders))
	for i, p := range mailPlaceholders {
		list[i] = placeholder.Placeholder{Name: p.name, Gives: p.gives}
	}
	return list
}

const deliveryID = "deliveryId"

// mailPlaceholders are what a mail says of its delivery.
var mailPlaceholders = []struct {
	name, gives string
	value       func(r *Router, w *work, attached bool) string
}{
	{"title", "the document's title in Salesforce", func(_ *Router, w *work, _ bool) string { return w.job.Title }},
	{"fileName", "its file name", func(_ *Router, w *work, _ bool) string { return w.job.FileName }},
	{"documentType", "its type", func(_ *Router, w *work, _ bool) string { return string(w.job.Type) }},
	{"size", "its size in bytes", func(_ *Router, w *work, _ bool) string { return strconv.FormatInt(w.job.Blob.Size, 10) }},
	{"checksum", "its checksum (SHA-256)", func(_ *Router, w *work, _ bool) string { return w.job.Blob.SHA256 }},
	{"reason", "why it is not in Salesforce, in one sentence", func(_ *Router, w *work, _ bool) string { return w.job.Reason }},
	{"details", "customer, appointment, representative and record, a line each", func(_ *Router, w *work, _ bool) string { return w.job.details() }},
	{"attachment", "whether it is attached, and where it is if not", (*Router).whereabouts},
	{"recordId", "the id of the record", func(_ *Router, w *work, _ bool) string { return string(w.job.Target) }},
	{"recordLink", "the link to the record", func(_ *Router, w *work, _ bool) string { return w.job.detail("Link") }},
	{"appointment", "date and time of the appointment", func(_ *Router, w *work, _ bool) string { return w.job.detail("Appointment") }},
	{deliveryID, "the id of the delivery", func(_ *Router, w *work, _ bool) string { return w.ID }},
}

var mailNames = func() (names []string) {
	for _, p := range MailPlaceholders() {
		names = append(names, p.Name)
	}
	return names
}()

// usual is what a mail says that no rule words.
var usual = struct{ subject, text *placeholder.Template }{
	template("Not saved to Salesforce: %title%"),
	template("The document \"%title%\" could not be saved to Salesforce. %attachment%\n\nReason: %reason%\n\n%details%\n"),
}

// template parses one of our own.
func template(text string) *placeholder.Template {
	t, err := placeholder.Parse(text)
	if err != nil {
		panic(err)
	}
	return t
}

// A mailText is a MailText with the values of those placeholders that were
// known when its document was accepted.
type mailText struct {
	MailText
	Values map[string]string `json:"values,omitempty"`
}

// mailText takes down what the rule's mails say. Nil is what is usual.
func (r *route) mailText(values *fixed, strict bool) (*mailText, error) {
	if r.Mail == (MailText{}) {
		return nil, nil
	}
	m := &mailText{MailText: r.Mail, Values: map[string]string{}}
	var errs []error
	for _, t := range []*placeholder.Template{r.subject, r.text} {
		if t == nil {
			continue
		}
		for _, name := range t.Names() {
			if slices.Contains(mailNames, name) {
				continue
			}
			value, err := values.Value(name)
			switch {
			case err == nil:
				m.Values[name] = oneLine(value)
			case strict || !errors.Is(err, placeholder.ErrUnknown):
				errs = append(errs, fmt.Errorf("mail: %%%s%%: %w", name, err))
			}
		}
	}
	return m, errors.Join(errs...)
}

// templates are those of a delivery's mails.
func (m *mailText) templates() (subject, text *placeholder.Template, err error) {
	subject, text = usual.subject, usual.text
	if m == nil {
		return subject, text, nil
	}
	var errs [2]error
	if m.Subject != "" {
		subject, errs[0] = placeholder.Parse(m.Subject)
	}
	if m.Text != "" {
		text, errs[1] = placeholder.Parse(m.Text)
	}
	return subject, text, errors.Join(errs[:]...)
}

// message writes the mail that takes the document to a person, or that only
// tells where it is.
func (r *Router) message(w *work, n int, attached bool) (Message, error) {
	subject, text, err := r.words(w, attached)
	if err != nil {
		return Message{}, err
	}
	letter := w.job.Letters[n]
	m := Message{
		ID:      fmt.Sprintf("%s.%d", w.ID, n+1),
		To:      &mail.Address{Name: letter.Name, Address: letter.Address},
		Date:    r.cfg.Now(),
		Subject: subject,
		Text:    text,
	}
	if !attached {
		m.ID += ".note" // or a mailbox could take the document, should it come later, for the same mail
		return m, nil
	}
	m.Attachment = Attachment{
		Name: w.job.FileName, Size: w.job.Blob.Size,
		Open: func() (io.ReadCloser, error) { return r.spool.Open(w.job.Blob) },
	}
	return m, nil
}

// words are the subject and the text of a mail.
func (r *Router) words(w *work, attached bool) (subject, text string, err error) {
	first, second, err := w.job.Mail.templates()
	if err != nil {
		return "", "", err
	}
	values := placeholder.Func(func(name string) (string, error) {
		for _, p := range mailPlaceholders {
			if p.name == name {
				return p.value(r, w, attached), nil
			}
		}
		if w.job.Mail != nil {
			if text, ok := w.job.Mail.Values[name]; ok {
				return text, nil
			}
		}
		return "", placeholder.ErrUnknown
	})
	if subject, err = first.Expand(values, nil); err != nil {
		return "", "", err
	}
	if text, err = second.Expand(values, nil); err != nil {
		return "", "", err
	}
	if !attached && !slices.Contains(second.Names(), "attachment") {
		text = strings.TrimRight(text, "\n") + "\n\n" + r.whereabouts(w, false) + "\n"
	}
	return oneLine(subject), strings.ReplaceAll(text, "\r\n", "\n"), nil
}

// whereabouts tells where the document is.
func (r *Router) whereabouts(w *work, attached bool) string {
	if attached {
		return "It is attached to this mail."
	}
	waiting := strings.ReplaceAll(r.cfg.Waiting, "%"+deliveryID+"%", w.ID)
	return fmt.Sprintf("It is too large for an e-mail, and not attached: it waits in %s. Its file %q has %d bytes and the SHA-256 checksum %s.",
		waiting, w.job.FileName, w.job.Blob.Size, w.job.Blob.SHA256)
}

// details are the lines about the document.
func (j *job) details() string {
	var lines []string
	for _, d := range append(j.unsaved(), j.Details...) {
		lines = append(lines, d.Label+": "+d.Value)
	}
	return strings.Join(lines, "\n")
}

// detail is the value of one of those lines.
func (j *job) detail(label string) string {
	for _, d := range j.Details {
		if d.Label == label {
			return d.Value
		}
	}
	return ""
}
