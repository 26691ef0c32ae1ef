package importer

import (
	"context"
	"fmt"
	"slices"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Locked lists the fields of a host record that cannot be changed in the host,
// in the order of the mapping. The host's own records have none.
func (im *Importer) Locked(ctx context.Context, kind, hostID string) ([]string, error) {
	o, err := im.object(kind)
	if err != nil {
		return nil, err
	}
	locked, err := im.locked(ctx, o, hostID)
	if err != nil || !locked {
		return nil, err
	}
	return o.Mapping.Targets(), nil
}

// CheckEdit refuses, by a *LockedError that names them, a change to fields that
// are locked. Fields that are not mapped are free.
func (im *Importer) CheckEdit(ctx context.Context, kind, hostID string, fields ...string) error {
	locked, err := im.Locked(ctx, kind, hostID)
	if err != nil {
		return err
	}
	fields = slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return !slices.Contains(locked, f) })
	if len(fields) > 0 {
		return &LockedError{Kind: kind, HostID: hostID, Fields: fields}
	}
	return nil
}

// CheckDelete refuses, by a *LockedError, to delete a host record while it is
// linked.
func (im *Importer) CheckDelete(ctx context.Context, kind, hostID string) error {
	o, err := im.object(kind)
	if err != nil {
		return err
	}
	locked, err := im.locked(ctx, o, hostID)
	if err == nil && locked {
		return &LockedError{Kind: kind, HostID: hostID}
	}
	return err
}

// locked reports whether Salesforce leads a host record: it is linked, and
// neither it nor its parent was unlinked.
func (im *Importer) locked(ctx context.Context, o *Object, hostID string) (bool, error) {
	link, ok, err := im.Store.LinkOf(ctx, o.Kind, hostID)
	if err != nil {
		return false, fmt.Errorf("importer: read the link of %s %s: %w", o.Kind, hostID, err)
	}
	if !ok || link.State.free() {
		return false, nil
	}
	if o.Parent == "" {
		return true, nil
	}
	parents, err := im.links(ctx, o.Parent, []salesforce.ID{link.ParentID})
	return !parents[link.ParentID].State.free(), err
}

func (s LinkState) free() bool { return s == Detached || s == Released }

// RemoveFlag unlinks a host record from Salesforce: its fields and those of
// its children unlock, and no import touches them, or adds children to it,
// until LinkAgain. Only records without a parent can be unlinked.
func (im *Importer) RemoveFlag(ctx context.Context, actor, kind, hostID string) error {
	if err := im.Allow(ctx, actor, RemoveFlag); err != nil {
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
	if err := im.Allow(ctx, actor, RemoveFlag); err != nil {
		return err
	}
	states := []LinkState{Linked, OutOfScope, Released, Deleted, Vanished}
	return im.hold(ctx, func(fence Fence) error {
		for _, o := range im.Objects {
			if o.Parent != "" {
				continue
			}
			for {
				links, err := im.Store.ListLinks(ctx, LinkFilter{Object: o.Name, States: states}, "", chunk)
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
		link.State = Detached
		c.Links = append(c.Links, link)
		c.Audit = append(c.Audit, im.about(actor, RemoveFlag, link))
	}
	if err := im.Store.Save(ctx, fence, &c); err != nil {
		return fmt.Errorf("importer: remove the Salesforce flag: %w", err)
	}
	return nil
}

// LinkAgain links a host record to its Salesforce record again and refreshes
// it and its children. It works for records that are linked, too.
func (im *Importer) LinkAgain(ctx context.Context, actor, kind, hostID string) (report *Report, err error) {
	if err := im.Allow(ctx, actor, LinkAgain); err != nil {
		return nil, err
	}
	err = im.hold(ctx, func(fence Fence) error {
		link, o, err := im.root(ctx, kind, hostID)
		if err != nil {
			return err
		}
		state, err := im.Store.State(ctx)
		if err != nil {
			return fmt.Errorf("importer: read the state: %w", err)
		}
		found, err := im.survey(ctx, state)
		if err != nil {
			return err
		}
		r := &run{Importer: im, survey: found, fence: fence}
		r.Run = Run{
			Number: state.Runs + 1, Kind: Relink, Status: Running, Actor: actor, Started: im.Now(),
			Fingerprint: r.fingerprint, Warnings: r.warnings, Counts: map[string]Counts{},
		}
		err = r.relink(ctx, r.find(o.Name), link)
		report = &Report{Run: r.Run}
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
	link.State = OutOfScope // the state from which an import takes it in, with its children
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
	r.Status, r.Finished = Completed, r.Now()
	return r.save(ctx, &Checkpoint{})
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
	link, ok, err := im.Store.LinkOf(ctx, kind, hostID)
	if err != nil {
		return Link{}, nil, fmt.Errorf("importer: read the link of %s %s: %w", kind, hostID, err)
	}
	if !ok {
		return Link{}, nil, fmt.Errorf("importer: %s %s: %w", kind, hostID, ErrNotLinked)
	}
	return link, o, nil
}

func (im *Importer) about(actor string, action Action, link Link) AuditEntry {
	return AuditEntry{Time: im.Now(), Actor: actor, Action: string(action), Subject: link.ID, Detail: link.Kind + " " + link.HostID}
}

func (s *survey) find(name string) *object {
	for i := range s.objects {
		if s.objects[i].Name == name {
			return &s.objects[i]
		}
	}
	return nil
}
