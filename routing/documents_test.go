package routing_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/internal/smtptest"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// keyField is a key field as it should be.
var keyField = salesforcetest.Field{Name: "Delivery__c", Length: 40, Unique: true, ExternalID: true}

// change makes a site whose rule and destination differ.
func change(rule func(*routing.Rule), to func(*routing.Salesforce)) func(*routing.Config) {
	return func(c *routing.Config) {
		if rule != nil {
			rule(&c.Rules[0])
		}
		if to != nil {
			s := c.Destination.(routing.Salesforce)
			to(&s)
			c.Destination = s
		}
	}
}

func attached(r *routing.Rule) { r.As = routing.AsAttachment }

func keyed(s *routing.Salesforce) { s.KeyField = keyField.Name }

func (s *site) extend(t *testing.T, f salesforcetest.Field) {
	t.Helper()
	require.NoError(t, s.org.Extend(salesforcetest.Schema{{Name: "ContentVersion", Fields: []salesforcetest.Field{f}}}))
}

func (s *site) attachments() []map[string]any { return s.org.Records("Attachment") }

func TestAttachmentIsStoredOnItsRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, change(attached, nil))
	d := s.deliver(t, "a", strings.NewReader("document"))
	require.Equal(t, routing.Verified, d.State)
	require.Equal(t, routing.AsAttachment, d.As)
	require.Empty(t, s.versions())
	require.Len(t, s.attachments(), 1)
	a := s.attachments()[0]
	require.Equal(t, d.VersionID, a["Id"])
	require.Equal(t, string(s.account), a["ParentId"])
	require.Equal(t, "Larry Leap Contract 5-23-19.pdf", a["Name"])
	require.Equal(t, "sfbridge:"+d.ID, a["Description"])
	require.Equal(t, "document", string(s.org.File(d.VersionID)))
}

// What an Attachment cannot be becomes a file, where the rule says so.
func TestTooLargeForAnAttachment(t *testing.T) {
	t.Parallel()
	small := func(to *routing.Salesforce) { to.MaxAttachment = 7 } // "document" has 8 bytes
	larger := func(r *routing.Rule) { r.As, r.LargerAsFile = routing.AsAttachment, true }
	tooLarge := salesforcetest.Fault{Method: http.MethodPost, Path: "/Attachment", Code: "MAXIMUM_SIZE_OF_ATTACHMENT"}
	for name, tc := range map[string]struct {
		rule  func(*routing.Rule)
		to    func(*routing.Salesforce)
		fault *salesforcetest.Fault
		state routing.State
		posts int // of attachments
	}{
		"known, to be mailed":         {attached, small, nil, routing.Mailed, 0},
		"known, a file instead":       {larger, small, nil, routing.Verified, 0},
		"the org says so, mailed":     {attached, nil, &tooLarge, routing.Mailed, 1},
		"the org says so, file":       {larger, nil, &tooLarge, routing.Verified, 1},
		"as large as it may be, file": {larger, func(to *routing.Salesforce) { to.MaxAttachment = 8 }, nil, routing.Verified, 1},
	} {
		s := newSite(t, smtptest.Options{}, change(tc.rule, tc.to))
		if tc.fault != nil {
			s.org.Fail(*tc.fault)
		}
		d := s.deliver(t, "a", strings.NewReader("document"))
		require.Equal(t, tc.state, d.State, name)
		posts := 0
		for _, r := range s.org.Requests() {
			if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/Attachment") {
				posts++
			}
		}
		require.Equal(t, tc.posts, posts, name)
		require.Equal(t, tc.state == routing.Verified, len(s.versions())+len(s.attachments()) == 1, name)
		if tc.state == routing.Mailed {
			require.Equal(t, "The file is too large to be uploaded to Salesforce.", d.Reason, name)
			continue
		}
		require.Equal(t, strings.HasSuffix(name, "be, file"), d.As == routing.AsAttachment, name)
	}
}

// The org's own limit, as SOAP login() tells it, is 25 MB; so is the default.
func TestAttachmentsLimitIsTheOrgs(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]routing.Form{25 << 20: routing.AsAttachment, 25<<20 + 1: routing.AsFile} {
		for _, soap := range []bool{true, false} {
			s := newSite(t, smtptest.Options{}, change(func(r *routing.Rule) { r.As, r.LargerAsFile = routing.AsAttachment, true }, nil))
			if soap {
				login := s.org.Credentials()
				c, err := salesforce.New(salesforce.Config{
					LoginURL:   salesforce.MyDomain("example"),
					Auth:       salesforce.SOAPLogin{Username: login.Username, Password: login.Password, SecurityToken: login.SecurityToken},
					HTTPClient: &http.Client{Transport: s.org.Transport()}, Now: s.org.Now,
				})
				require.NoError(t, err)
				session, err := c.Session(t.Context())
				require.NoError(t, err)
				require.EqualValues(t, 25<<20, session.MaxAttachment)
				s.router = s.with(t, func(cfg *routing.Config) { cfg.Destination = routing.Salesforce{Client: c} })
			}
			d := s.deliver(t, "a", zeros(size))
			require.Equal(t, routing.Verified, d.State)
			require.Equal(t, want, d.As)
			for _, r := range s.org.Requests() {
				require.False(t, r.Method == http.MethodPost && want == routing.AsFile && strings.HasSuffix(r.Path, "/Attachment"), "not tried")
			}
		}
	}
}

// An org commits and drops the connection in three of ten uploads, and drops it
// before in another one.
func TestLostAnswersMakeNoDuplicates(t *testing.T) {
	t.Parallel()
	documents := 40
	if os.Getenv("SFBRIDGE_LONG") != "" {
		documents = 400
	}
	for name, tc := range map[string]struct {
		rule func(*routing.Rule)
		to   func(*routing.Salesforce)
		most time.Duration // that a delivery takes
	}{
		"file, found by its marker":       {nil, nil, 12 * time.Hour},
		"file, by a key":                  {nil, keyed, 6 * time.Minute},
		"attachment, found by its marker": {attached, nil, 12 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d, %d documents", seed, documents)
			random := rand.New(rand.NewPCG(seed, 0))
			s := newSite(t, smtptest.Options{}, func(c *routing.Config) {
				change(tc.rule, tc.to)(c)
				c.MailAfter, c.MailAfterAttempts = 1000*time.Hour, 1000
			})
			s.extend(t, keyField)
			dropped := 0
			upload := func(share float64) func(*http.Request) bool {
				return func(*http.Request) bool {
					hit := random.Float64() < share
					if hit {
						dropped++
					}
					return hit
				}
			}
			for _, object := range []string{"/sobjects/ContentVersion", "/sobjects/Attachment"} {
				s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: object, Times: -1, DropAfter: true, Match: upload(0.3)})
				s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: object, Times: -1, DropBefore: true, Match: upload(0.1)})
			}
			ids := map[string]string{}
			for n := range documents {
				sub := s.submission(fmt.Sprint(n), strings.NewReader(fmt.Sprintf("document %d", n/2))) // each content twice
				accepted, err := s.router.Route(t.Context(), sub)
				require.NoError(t, err)
				ids[accepted.ID] = fmt.Sprintf("document %d", n/2)
			}
			begun := s.org.Now()
			s.drain(t)
			t.Logf("%d of the uploads were dropped; all was done after %s", dropped, s.org.Now().Sub(begun))
			require.Positive(t, dropped)
			require.Less(t, s.org.Now().Sub(begun), tc.most)
			copies := map[string]int{}
			for _, r := range append(s.versions(), s.attachments()...) {
				copies[strings.TrimPrefix(fmt.Sprint(r["Description"]), "sfbridge:")]++
			}
			require.Len(t, copies, documents)
			for id, content := range ids {
				d := state(t, s.router, id)
				require.Equal(t, routing.Verified, d.State)
				require.Equal(t, 1, copies[id])
				require.Equal(t, content, string(s.org.File(d.VersionID)))
			}
			require.Empty(t, s.smtp.Mails())
		})
	}
}

// A key that does not keep a second copy out is none: Salesforce is asked instead.
func TestKeyFieldServesOnlyAsItShouldBe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*salesforcetest.Field)
		used   bool
	}{
		"as it should be":    {func(*salesforcetest.Field) {}, true},
		"not there":          {func(f *salesforcetest.Field) { f.Name = "Other__c" }, false},
		"not unique":         {func(f *salesforcetest.Field) { f.Unique = false }, false},
		"no external id":     {func(f *salesforcetest.Field) { f.ExternalID = false }, false},
		"too short":          {func(f *salesforcetest.Field) { f.Length = 31 }, false},
		"not to be set":      {func(f *salesforcetest.Field) { f.NoCreate = true }, false},
		"a number, not text": {func(f *salesforcetest.Field) { f.Type, f.Length = "double", 0 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, smtptest.Options{}, change(nil, keyed))
			f := keyField
			tc.change(&f)
			s.extend(t, f)
			s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", DropAfter: true})
			begun := s.org.Now()
			d := s.deliver(t, "a", strings.NewReader("document"))
			require.Equal(t, routing.Verified, d.State)
			require.Len(t, s.versions(), 1)
			require.Equal(t, map[bool]int{true: 2, false: 1}[tc.used], s.posts(), "a key lets the upload be repeated at once")
			require.Less(t, s.org.Now().Sub(begun), time.Minute)
			if tc.used {
				require.Equal(t, d.ID, s.versions()[0]["Delivery__c"])
			}
		})
	}
}

// What holds the key need not be the document: content and size are compared.
func TestKeyOnAnotherContentIsNotTheDocument(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, change(nil, keyed))
	s.extend(t, keyField)
	accepted, err := s.router.Route(t.Context(), s.submission("a", strings.NewReader("document")))
	require.NoError(t, err)
	f := salesforce.FileBytes("other.pdf", []byte("DOCUMENT"))
	f.Fields = salesforce.Record{keyField.Name: accepted.ID}
	_, err = client(t, s.org, "cid", "csecret").Upload(t.Context(), f, nil)
	require.NoError(t, err)
	s.drain(t)
	d := state(t, s.router, accepted.ID)
	require.Equal(t, routing.Mailed, d.State)
	require.Contains(t, d.Error, "DUPLICATE_VALUE")
	require.Equal(t, "Salesforce takes the document for a duplicate.", d.Reason)
}

// The first upload is still under way when the second, its key in hand, is
// refused for good.
func TestRepeatedUploadIsNotMailedWhileTheFirstIsOpen(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{5 * time.Minute, 0} { // zero: never
		w := newWorld(t)
		w.onUpload = func(d routing.Document) uploadFault {
			if w.uploads == 1 {
				require.False(t, d.Keyed)
				return uploadFault{stored: late > 0, late: late, err: fmt.Errorf("%w: %w", routing.ErrRepeatable, errUnknown)}
			}
			require.True(t, d.Keyed)
			return uploadFault{err: errFull}
		}
		r := w.router()
		id := route(t, w, r, "a")
		require.Equal(t, routing.Spooled, state(t, r, id).State)
		w.wait(5 * time.Second)
		step(t, r)
		require.Equal(t, routing.Ambiguous, state(t, r, id).State)
		require.Empty(t, w.mails)
		w.drain(r)
		require.Equal(t, 2, w.uploads)
		if late > 0 {
			require.Equal(t, routing.Verified, state(t, r, id).State)
		} else {
			require.Equal(t, routing.Mailed, state(t, r, id).State)
			require.Equal(t, "Salesforce has no space left for files.", state(t, r, id).Reason)
			require.Greater(t, w.clock().Sub(start), 11*time.Minute)
		}
		w.check(r, map[string]string{"a": "document a"})
	}
}

func TestLinkHasTheRulesAccessAndVisibility(t *testing.T) {
	t.Parallel()
	link := func(s *site) map[string]any {
		for _, l := range s.org.Records("ContentDocumentLink") {
			if l["LinkedEntityId"] == string(s.account) {
				return l
			}
		}
		return nil
	}
	s := newSite(t, smtptest.Options{}, nil)
	s.deliver(t, "a", strings.NewReader("document"))
	require.Equal(t, []any{"V", "AllUsers"}, []any{link(s)["ShareType"], link(s)["Visibility"]}, "as the org does it")

	s = newSite(t, smtptest.Options{}, change(func(r *routing.Rule) {
		r.Access, r.Visibility = routing.Inferred, routing.InternalUsers
	}, nil))
	s.org.Fail(salesforcetest.Fault{Method: http.MethodPatch, Path: "/ContentDocumentLink", DropAfter: true})
	s.org.Fail(salesforcetest.Fault{Method: http.MethodPatch, Path: "/ContentDocumentLink", DropBefore: true, Times: 3})
	d := s.deliver(t, "a", strings.NewReader("document"))
	require.Equal(t, routing.Verified, d.State)
	require.Equal(t, []any{"I", "InternalUsers"}, []any{link(s)["ShareType"], link(s)["Visibility"]})
	require.Len(t, s.versions(), 1)
	require.Empty(t, s.smtp.Mails())
}

// One submission names its records; rules say to which of them a type goes.
func TestRuleChoosesTheRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, func(c *routing.Config) {
		c.Rules = []routing.Rule{{Type: routing.Contract, Record: "customer"}, {Type: "Measurements", Record: "appointment"}, {Type: routing.Proposal}}
	})
	contact := salesforce.ID(s.org.Insert("Contact", map[string]any{"LastName": "Leap"}))
	sub := func(key string, of routing.DocumentType) routing.Submission {
		sub := s.submission(key, strings.NewReader(key))
		sub.Type, sub.Records = of, map[string]salesforce.ID{"customer": contact}
		return sub
	}
	accepted, err := s.router.Route(t.Context(), sub("a", routing.Contract))
	require.NoError(t, err)
	require.Equal(t, contact, state(t, s.router, accepted.ID).Target)
	accepted, err = s.router.Route(t.Context(), sub("b", routing.Proposal))
	require.NoError(t, err)
	require.Equal(t, s.account, state(t, s.router, accepted.ID).Target)
	_, err = s.router.Route(t.Context(), sub("c", "Measurements"))
	require.ErrorContains(t, err, `record "appointment", which the rule for Measurements asks for`)
	s.drain(t)
	require.Len(t, s.versions(), 2)
}

// Names and random numbers are drawn once: they are the same in every retry, in
// the probe and in the mail, subject and text.
func TestPlaceholdersAreExpandedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, change(func(r *routing.Rule) {
		r.FileName = "%customerName% %date% %randomNumber%.pdf"
		r.Mail = routing.MailText{Subject: "Failed: %randomNumber% %title%", Text: "%randomNumber%|%customerNameLast%|%reason%|%nobody%"}
	}, nil))
	s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", Code: "UNABLE_TO_LOCK_ROW", Times: 6})
	s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", Code: "STORAGE_LIMIT_EXCEEDED"})
	accepted, err := s.router.Route(t.Context(), s.submission("a", strings.NewReader("document")))
	require.NoError(t, err)
	require.Regexp(t, `^Larry Leap 5/23/19 \d{8}$`, accepted.Title)
	number := accepted.Title[len(accepted.Title)-8:]
	require.Equal(t, "Larry Leap 5-23-19 "+number+".pdf", accepted.FileName)
	s.drain(t)
	require.Len(t, s.smtp.Mails(), 1)
	mail := s.smtp.Mails()[0].Data
	subject := base64.StdEncoding.EncodeToString([]byte("Failed: " + number + " Larry Leap 5/23/19 " + number))
	require.Contains(t, mail, "Subject: =?utf-8?B?"+subject+"?=\r\n")
	require.Contains(t, mail, number+"|Leap|Salesforce has no space left for files.|%nobody%")
	require.Contains(t, mail, "Larry Leap 5-23-19 "+number+".pdf")
}

// Whatever a customer is called, a mail has the header that it should have.
func TestNoValueBecomesAHeader(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, change(func(r *routing.Rule) {
		r.Mail = routing.MailText{Subject: "%customerName%\r\nX-Own: 1", Text: "Dear %customerName%"}
	}, nil))
	s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", Code: "STORAGE_LIMIT_EXCEEDED"})
	sub := s.submission("a", strings.NewReader("document"))
	sub.Placeholders.Customer = placeholder.Person{Name: "Larry\r\nBcc: thief@example.com\r\n\r\n%reason%", Email: "a\nb"}
	_, err := s.router.Route(t.Context(), sub)
	require.NoError(t, err)
	s.drain(t)
	header, body, _ := strings.Cut(s.smtp.Mails()[0].Data, "\r\n\r\n")
	require.NotContains(t, header, "\nBcc:")
	require.NotContains(t, header, "\nX-Own:")
	require.Contains(t, body, "Dear Larry Bcc: thief@example.com %reason%", "what a value holds is no placeholder")
}

// A mail server that takes small mails only.
func TestTooLargeForMailTellsWhereTheDocumentWaits(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "Reason: %reason%", "%attachment% %reason%"} {
		s := newSite(t, smtptest.Options{MaxBytes: 4000}, func(c *routing.Config) {
			c.Rules[0].Mail.Text = text
			c.Rules[0].Backup = []string{"office@example.com", "boss@example.com"}
			c.Waiting = "https://app.example.com/outbox/%deliveryId%"
		})
		s.org.Delete(string(s.account))
		d := s.deliver(t, "a", strings.NewReader(strings.Repeat("document", 1000)))
		require.Equal(t, routing.Parked, d.State)
		require.Equal(t, []routing.Recipient{
			{Address: "office@example.com", Noted: true}, {Address: "boss@example.com", Noted: true},
		}, d.Recipients)
		require.Len(t, s.smtp.Mails(), 2)
		mail := strings.ReplaceAll(s.smtp.Mails()[0].Data, "=\r\n", "")
		require.Contains(t, mail, "Message-ID: <"+d.ID+".1.note@example.com>\r\n")
		require.Contains(t, mail, "https://app.example.com/outbox/"+d.ID)
		require.Contains(t, mail, fmt.Sprintf("8000 bytes and the SHA-256 checksum %x", sha256.Sum256([]byte(strings.Repeat("document", 1000)))))
		require.Contains(t, mail, "The record in Salesforce has been deleted.")
		require.NotContains(t, mail, "attachment; ")
		require.Equal(t, 1, strings.Count(mail, "app.example.com"))

		waiting, err := s.router.Open(t.Context(), d.ID)
		require.NoError(t, err)
		content, err := io.ReadAll(waiting)
		require.NoError(t, err)
		require.NoError(t, waiting.Close())
		require.Len(t, content, 8000)

		s.org.Advance(1000 * time.Hour)
		s.drain(t)
		require.Equal(t, routing.Parked, state(t, s.router, d.ID).State, "until somebody says so")
		require.NoError(t, s.router.Confirm(t.Context(), d.ID, "Olga"))
		require.Equal(t, routing.Confirmed, state(t, s.router, d.ID).State)
		_, err = s.router.Open(t.Context(), d.ID)
		require.Error(t, err, "the file is gone")
		require.ErrorIs(t, s.router.Confirm(t.Context(), d.ID, "Olga"), routing.ErrNotParked)
		require.Len(t, s.smtp.Mails(), 2)
	}
}

// The mail server is told to take larger mails, and the delivery driven again: the
// document comes in a mail of its own.
func TestDocumentFollowsItsNote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
	most := int64(5)
	w.onMail = func(m routing.Message) mailFault {
		if m.Attachment.Size > most {
			return mailFault{err: routing.ErrMailTooLarge}
		}
		return mailFault{accepted: true}
	}
	r := w.router()
	id := route(t, w, r, "a")
	require.Equal(t, routing.Parked, state(t, r, id).State)
	require.Len(t, w.mails, 2)
	require.ErrorIs(t, w.failures[0].Err, routing.ErrMailTooLarge)
	most = 1000
	_, err := r.Redrive(t.Context(), id)
	require.NoError(t, err)
	w.drain(r)
	require.Equal(t, routing.Mailed, state(t, r, id).State)
	var ids []string
	for _, m := range w.mails {
		ids = append(ids, m.ID)
	}
	require.Equal(t, []string{id + ".1.note", id + ".2.note", id + ".1", id + ".2"}, ids)
	w.check(r, map[string]string{"a": "document a"})
}

func TestConfirmEndsOnlyWhatIsParked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errDown} }
	r := w.router()
	id := route(t, w, r, "a")
	require.ErrorIs(t, r.Confirm(t.Context(), id, "Olga"), routing.ErrNotParked)
	require.Error(t, r.Confirm(t.Context(), "nobody", "Olga"))
	require.Error(t, r.Confirm(t.Context(), "", "Olga"))
	require.Equal(t, routing.Spooled, state(t, r, id).State)
}

func TestAnotherLoginTakesOverOnlyBeforeAnUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var logins []string
	w.onUpload = func(d routing.Document) uploadFault {
		logins = append(logins, d.Login)
		return uploadFault{err: errDown}
	}
	r := w.router()
	accept := func(key string) string {
		s := submission(key)
		s.Login = "rita"
		accepted, err := r.Route(t.Context(), s)
		require.NoError(t, err)
		return accepted.ID
	}
	fresh := accept("a")
	require.NoError(t, r.TakeOver(t.Context(), fresh, "olga"))
	require.Equal(t, "olga", state(t, r, fresh).Login)
	parked := accept("b")
	_, err := r.Park(t.Context(), parked)
	require.NoError(t, err)
	require.NoError(t, r.TakeOver(t.Context(), parked, "olga"))
	require.Equal(t, routing.Parked, state(t, r, parked).State)
	_, err = r.Redrive(t.Context(), parked)
	require.NoError(t, err)
	step(t, r)
	require.Equal(t, []string{"olga", "olga"}, logins)

	w.wait(15 * time.Second)
	for _, id := range []string{fresh, parked} {
		require.ErrorIs(t, r.TakeOver(t.Context(), id, "nina"), routing.ErrBegun)
		require.Equal(t, "olga", state(t, r, id).Login)
		require.Equal(t, routing.Spooled, state(t, r, id).State)
	}
	step(t, r)
	require.Equal(t, []string{"olga", "olga", "olga", "olga"}, logins, "and it goes on at its time")
	_, err = r.Park(t.Context(), fresh)
	require.NoError(t, err)
	require.ErrorIs(t, r.TakeOver(t.Context(), fresh, "nina"), routing.ErrBegun)
	require.Equal(t, routing.Parked, state(t, r, fresh).State)
	require.Error(t, r.TakeOver(t.Context(), "nobody", "nina"))
}

// Nothing is read from or written to an org that is not the company's.
func TestAnotherCompanysOrgIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, change(nil, func(to *routing.Salesforce) { to.OrgID = "00D000000000001" }))
	d := s.deliver(t, "a", strings.NewReader("document"))
	require.Equal(t, routing.Mailed, d.State)
	require.Equal(t, "The login leads to another company's Salesforce.", d.Reason)
	for _, r := range s.org.Requests() {
		require.Contains(t, r.Path, "/oauth2/", "%s %s", r.Method, r.Path)
	}
	to := routing.Salesforce{Client: client(t, s.org, "cid", "csecret"), OrgID: "00D000000000001"}
	_, err := to.Upload(context.Background(), routing.Document{})
	require.ErrorIs(t, err, salesforce.ErrOrgMismatch)

	s = newSite(t, smtptest.Options{}, change(nil, func(to *routing.Salesforce) {
		session, err := to.Client.Session(t.Context())
		require.NoError(t, err)
		to.OrgID = session.OrgID[:15]
	}))
	require.Equal(t, routing.Verified, s.deliver(t, "a", strings.NewReader("document")).State)
}
