package riverimport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// stopTime is how long imports may take to break off when the host stops.
const stopTime = 30 * time.Second

// Run works on tenants until ctx ends. It returns after the work under way has
// been broken off and saved, with the error of ctx, or at once when River cannot
// be started. It is called once.
func (s *Scheduler) Run(ctx context.Context) error {
	if err := s.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("riverimport: start River: %w", err)
	}
	var sweeping sync.WaitGroup
	sweeping.Go(func() { s.keepSweeping(ctx) })
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	err := s.client.StopAndCancel(stopping)
	sweeping.Wait()
	return errors.Join(ctx.Err(), err)
}

// keepSweeping is the net below River, until ctx ends.
func (s *Scheduler) keepSweeping(ctx context.Context) {
	tick := time.NewTicker(max(s.cfg.Sweep, time.Millisecond))
	defer tick.Stop()
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Logger.ErrorContext(ctx, "tenants could not be given jobs", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// batch is how many jobs the sweep inserts at once.
const batch = 500

// sweep gives each tenant a job, unless it has one.
func (s *Scheduler) sweep(ctx context.Context) error {
	var jobs []river.InsertManyParams
	insert := func() error {
		if len(jobs) == 0 {
			return nil
		}
		_, err := s.client.InsertManyFast(ctx, jobs)
		jobs = jobs[:0]
		return err
	}
	for tenant, err := range s.cfg.Tenants(ctx) {
		if err != nil {
			return errors.Join(fmt.Errorf("riverimport: list the tenants: %w", err), insert())
		}
		jobs = append(jobs, river.InsertManyParams{Args: args{Tenant: tenant}, InsertOpts: s.options()})
		if len(jobs) < batch {
			continue
		}
		if err := insert(); err != nil {
			return err
		}
	}
	return insert()
}
