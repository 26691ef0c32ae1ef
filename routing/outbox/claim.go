package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/sfbridge/sfbridge/internal/sqlx"
)

// Claim implements [Store].
func (s *SQL) Claim(ctx context.Context, c Claim) ([]Delivery, error) {
	err := c.validate()
	if err != nil {
		return nil, fmt.Errorf("outbox: claim: %w", err)
	}
	var claimed []Delivery
	if s.dialect == MySQL {
		claimed, err = s.claimInTwo(ctx, c)
	} else {
		claimed, err = s.claimAtOnce(ctx, c)
	}
	if err != nil {
		return nil, fmt.Errorf("outbox: claim: %w", err)
	}
	return claimed, nil
}

// lease is what an UPDATE sets to lease a row. The order counts: MySQL sees
// what stands to the left as done.
const lease = ` SET due_at = not_before, not_before = ?, attempts = attempts + 1, fence = fence + 1, version = version + 1 `

// claimAtOnce claims by one statement. PostgreSQL would run a plain IN (SELECT
// … LIMIT) as often as it likes, and skips what others are claiming; SQLite
// writes one at a time.
func (s *SQL) claimAtOnce(ctx context.Context, c Claim) ([]Delivery, error) {
	where, args := dueFor(c)
	chosen := `id IN (SELECT id FROM sfbridge_outbox ` + where + `)`
	if s.dialect == PostgreSQL {
		chosen = `id = ANY(ARRAY(SELECT id FROM sfbridge_outbox ` + where + ` FOR UPDATE SKIP LOCKED))`
	}
	rows, err := s.db.QueryContext(ctx, s.dialect.Rebind(`UPDATE sfbridge_outbox`+lease+`WHERE `+chosen+
		` RETURNING `+columns+`, due_at`), append([]any{c.Until.UnixMilli()}, args...)...)
	if err != nil {
		return nil, err
	}
	var due int64
	waited := map[string]int64{}
	var claimed []Delivery
	for d, err := range scan(rows, &due) {
		if err != nil {
			return nil, err
		}
		waited[d.ID] = due
		claimed = append(claimed, d)
	}
	slices.SortFunc(claimed, func(a, b Delivery) int {
		return cmp.Or(cmp.Compare(waited[a.ID], waited[b.ID]), cmp.Compare(a.ID, b.ID))
	})
	return claimed, nil
}

// claimInTwo claims by two statements in a transaction, for want of RETURNING.
func (s *SQL) claimInTwo(ctx context.Context, c Claim) (claimed []Delivery, err error) {
	where, args := dueFor(c)
	err = sqlx.InTxWith(ctx, s.db, readCommitted, func(tx *sql.Tx) error {
		claimed, err = s.query(ctx, tx, `SELECT `+columns+` FROM sfbridge_outbox `+where+` FOR UPDATE SKIP LOCKED`, args...)
		if err != nil || len(claimed) == 0 {
			return err
		}
		args := []any{c.Until.UnixMilli()}
		for i := range claimed {
			d := &claimed[i]
			d.Attempts, d.Fence, d.NotBefore = d.Attempts+1, d.Fence+1, round(c.Until)
			args = append(args, d.ID)
		}
		_, err := s.exec(ctx, tx, `UPDATE sfbridge_outbox`+lease+`WHERE id IN (`+sqlx.Marks(len(claimed))+`)`, args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// readCommitted keeps MySQL from locking the gaps between rows, in which
// others would enqueue.
var readCommitted = &sql.TxOptions{Isolation: sql.LevelReadCommitted}

// dueFor selects what c may claim.
func dueFor(c Claim) (string, []any) {
	w := where{}
	if c.Status == Parked {
		w.add(`status = ?`, Parked)
	} else {
		w.add(`status = ?`, Pending)
		w.add(`not_before <= ?`, c.Now.UnixMilli())
	}
	w.in(`kind`, c.Kinds)
	if c.ID != "" {
		w.add(`id = ?`, c.ID)
	}
	return w.String() + ` ORDER BY not_before, id LIMIT ?`, append(w.args, c.Max)
}
