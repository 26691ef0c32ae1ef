package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Locked lists the fields of a host record that cannot be changed in the host:
// the targets of the mapping in their order and, of a record that has one, its
// parent, by its kind, such as "customer". The host's own records have none.
func (im *Importer) Locked(ctx context.Context, kind, hostID string) ([]string, error) {
	o, err := im.object(kind)
	if err != nil {
		return nil, err
	}
	locked, err := im.locked(ctx, kind, hostID)
	if err != nil || !locked {
		return nil, err
	}
	return im.lockable(o), nil
}

// lockable lists what Salesforce leads of an object's records.
func (im *Importer) lockable(o *Object) []string {
	fields := o.Mapping.Targets()
	if parent := im.kindOf(o.Parent); parent != "" && !slices.Contains(fields, parent) {
		fields = append(fields, parent)
	}
	return fields
}

// CheckEdit refuses, by a *LockedError that names them, a change to fields that
// are locked; see Locked. Fields that are not mapped are free. Of a kind that is
// no longer configured, all fields of a linked record are locked.
func (im *Importer) CheckEdit(ctx context.Context, kind, hostID string, fields ...string) error {
	locked, err := im.locked(ctx, kind, hostID)
	if err != nil || !locked {
		return err
	}
	if o, err := im.object(kind); err == nil {
		locked := im.lockable(o)
		fields = slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return !slices.Contains(locked, f) })
	}
	if len(fields) > 0 {
		return &LockedError{Kind: kind, HostID: hostID, Fields: fields}
	}
	return nil
}

// CheckDelete refuses, by a *LockedError, to delete a host record while it is
// linked.
func (im *Importer) CheckDelete(ctx context.Context, kind, hostID string) error {
	locked, err := im.locked(ctx, kind, hostID)
	if err == nil && locked {
		return &LockedError{Kind: kind, HostID: hostID}
	}
	return err
}

// locked reports whether Salesforce leads a host record: it is linked, and
// neither it nor its parent was let go.
func (im *Importer) locked(ctx context.Context, kind, hostID string) (bool, error) {
	link, ok, err := im.cfg.Store.LinkOf(ctx, kind, hostID)
	if err != nil {
		return false, fmt.Errorf("importer: read the link of %s %s: %w", kind, hostID, err)
	}
	if !ok || link.Free {
		return false, nil
	}
	if link.ParentID == "" {
		return true, nil
	}
	for _, o := range im.cfg.Objects { // whichever the parent is of: the kind may be configured no longer
		parents, err := im.links(ctx, o.Name, []salesforce.ID{link.ParentID})
		if err != nil || parents[link.ParentID].Free {
			return false, err
		}
	}
	return true, nil
}

// RemoveFlag unlinks a host record from Salesforce: its fields and those of
// its children unlock, and no import touches them, or adds children to it,
// until LinkAgain. Only records without a parent can be unlinked.
func (im *Importer) RemoveFlag(ctx context.Context, actor, kind, hostID string) error {
	if err := im.cfg.Allow(ctx, actor, RemoveFlag); err != nil {
		return err
	}
	return im.hold(ctx, func(fence Fence) error {
		link, _, err := im.root(ctx, kind, hostID)
		if err != nil || link.State == Detached {
			return err
		}
		return im.detach(ctx, fence, actor, link)
	})
}

// RemoveAll unlinks every record, as when a host gives up Salesforce for good.
// It can be stopped at any time and called again.
func (im *Importer) RemoveAll(ctx context.Context, actor string) error {
	if err := im.cfg.Allow(ctx, actor, RemoveFlag); err != nil {
		return err
	}
	states := []LinkState{Pending, Linked, Leaving, OutOfScope, Deleted, Vanished}
	return im.hold(ctx, func(fence Fence) error {
		for _, o := range im.cfg.Objects {
			if o.Parent != "" {
				continue
			}
			for {
				links, err := im.cfg.Store.ListLinks(ctx, LinkFilter{Object: o.Name, States: states}, "", chunk)
				if err != nil {
					return fmt.Errorf("importer: list the links of %s: %w", o.Name, err)
				}
				if len(links) == 0 {
					break
				}
				if err := im.detach(ctx, fence, actor, links...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (im *Importer) detach(ctx context.Context, fence Fence, actor string, links ...Link) error {
	var c Checkpoint
	for _, link := range links {
		link.State, link.Free = Detached, true
		c.Links = append(c.Links, link)
		c.Audit = append(c.Audit, im.about(actor, RemoveFlag, link))
	}
	if err := im.cfg.Store.Save(ctx, fence, &c); err != nil {
		return fmt.Errorf("importer: remove the Salesforce flag: %w", err)
	}
	return nil
}

// LinkAgain links a host record to its Salesforce record again and refreshes
// it and its children. It works for records that are linked, too.
func (im *Importer) LinkAgain(ctx context.Context, actor, kind, hostID string) (report *Report, err error) {
	if err := im.cfg.Allow(ctx, actor, LinkAgain); err != nil {
		return nil, err
	}
	err = im.hold(ctx, func(fence Fence) error {
		link, o, err := im.root(ctx, kind, hostID)
		if err != nil {
			return err
		}
		state, err := im.cfg.Store.State(ctx)
		if err != nil {
			return fmt.Errorf("importer: read the state: %w", err)
		}
		if _, _, err := im.compareEpochs(ctx, state, Relink); err != nil {
			return err
		}
		found, err := im.survey(ctx, state)
		if err != nil {
			return err
		}
		r := &run{Importer: im, survey: found, fence: fence}
		r.Run = Run{
			Number: state.Runs + 1, Kind: Relink, Status: Running, Actor: actor, Started: im.cfg.Now(),
			Fingerprint: r.fingerprint, Warnings: r.warnings, Counts: map[string]Counts{},
		}
		err = safely(func() error { return r.relink(ctx, r.find(o.Name), link) })
		if err != nil && r.relinked != "" && r.Status == Running {
			err = r.giveUp(ctx, err, &Checkpoint{})
		}
		report = &Report{Run: r.Run}
		if err == nil { // else whoever has called knows
			r.appeal(ctx, nil)
		}
		return err
	})
	return report, err
}

// relink reads one record as if it were new in scope, and then its children.
func (r *run) relink(ctx context.Context, o *object, link Link) error {
	records, _, err := r.byID(ctx, o, []salesforce.ID{link.ID})
	if err != nil {
		return err
	}
	if len(records) == 0 || flag(records[0], "IsDeleted") {
		return fmt.Errorf("importer: link %s %s again: %w: %s was deleted in Salesforce, or this user may not see it", link.Kind, link.HostID, ErrNotInScope, link.ID)
	}
	if o.scoped && !o.Scope.flagged(records[0]) {
		return fmt.Errorf("importer: link %s %s again: %w: tick %s of %s in Salesforce first", link.Kind, link.HostID, ErrNotInScope, o.Scope.Field, link.ID)
	}
	if err := r.guard(ctx, nil); err != nil { // a read that is owed may take records out
		return err
	}
	if err := r.renewEpoch(ctx); err != nil {
		return err
	}
	before := link
	link.State, link.Free = Vanished, false // the state from which an import takes it in, with its children
	r.relinked = link.ID
	err = r.save(ctx, &Checkpoint{
		Links:    []Link{link},
		NewTasks: []Task{{Object: o.Name, ID: link.ID}},
		Audit:    []AuditEntry{r.about(r.Actor, LinkAgain, link)},
	})
	if err != nil {
		return err
	}
	if err := r.followUp(ctx, nil); err != nil {
		return err
	}
	if err := r.confirm(ctx, before); err != nil {
		return err
	}
	if err := r.renewEpoch(ctx); err != nil {
		return err
	}
	r.Status, r.Finished = Completed, r.cfg.Now()
	return r.save(ctx, &Checkpoint{})
}

// confirm makes sure that the record is linked now. When the host has refused
// it, or has it no more, everything is as it was before.
func (r *run) confirm(ctx context.Context, before Link) error {
	links, err := r.links(ctx, before.Object, []salesforce.ID{before.ID})
	if err != nil || links[before.ID].State == Linked {
		return err
	}
	reason := "it was not taken in"
	for entry, err := range r.cfg.Store.Entries(ctx, r.Number) {
		if err == nil && entry.ID == before.ID {
			reason = entry.Reason
		}
	}
	failure := fmt.Errorf("importer: link %s %s again: %w: %s", before.Kind, before.HostID, ErrNotLinked, reason)
	return r.giveUp(ctx, failure, &Checkpoint{Links: []Link{before}})
}

// giveUp ends a link again that has failed: no later call takes it up.
func (r *run) giveUp(ctx context.Context, cause error, c *Checkpoint) error {
	r.Status, r.Finished, r.Error = Broken, r.cfg.Now(), cause.Error()
	ctx, cancel := r.detached(ctx)
	defer cancel()
	return errors.Join(cause, r.save(ctx, c))
}

// root finds the link of a host record that has no parent.
func (im *Importer) root(ctx context.Context, kind, hostID string) (Link, *Object, error) {
	o, err := im.object(kind)
	if err != nil {
		return Link{}, nil, err
	}
	if o.Parent != "" {
		return Link{}, nil, fmt.Errorf("importer: %s %s follows its %s: unlink or link that", kind, hostID, im.kindOf(o.Parent))
	}
	link, ok, err := im.cfg.Store.LinkOf(ctx, kind, hostID)
	if err != nil {
		return Link{}, nil, fmt.Errorf("importer: read the link of %s %s: %w", kind, hostID, err)
	}
	if !ok {
		return Link{}, nil, fmt.Errorf("importer: %s %s: %w", kind, hostID, ErrNotLinked)
	}
	return link, o, nil
}

func (im *Importer) about(actor string, op Operation, link Link) AuditEntry {
	return AuditEntry{Time: im.cfg.Now(), Actor: actor, Action: string(op), Subject: link.ID, Detail: link.Kind + " " + link.HostID}
}

func (s *survey) find(name string) *object {
	for i := range s.objects {
		if s.objects[i].Name == name {
			return &s.objects[i]
		}
	}
	return nil
}
