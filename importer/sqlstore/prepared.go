package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// prepared keeps statements that the database has prepared, while a lease lasts.
// A statement that comes often is prepared before the next transaction begins:
// within one there may be no other connection to do it on. PostgreSQL needs none
// of this; its driver does it.
type prepared struct {
	mutex sync.Mutex
	lease int64 // the fence of the lease, zero without one
	used  map[string]int
	ready map[string]*sql.Stmt
}

// often is how many uses make a statement worth its memory.
const often = 4

// find gives a statement that is ready, or nil, and counts its use.
func (p *prepared) find(text string) *sql.Stmt {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.lease != 0 {
		p.used[text]++
	}
	return p.ready[text]
}

// due lists the statements that are to be prepared now, each once.
func (p *prepared) due() (texts []string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for text, n := range p.used {
		if _, known := p.ready[text]; n >= often && !known && p.lease != 0 {
			p.ready[text] = nil
			texts = append(texts, text)
		}
	}
	return texts
}

// begin keeps statements from now on, until the lease of that fence ends.
func (p *prepared) begin(fence int64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.lease, p.used = fence, map[string]int{}
	if p.ready == nil {
		p.ready = map[string]*sql.Stmt{}
	}
}

// end lets go of all statements, unless another lease has begun.
func (p *prepared) end(fence int64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.lease != fence {
		return
	}
	for _, st := range p.ready {
		if st != nil {
			_ = st.Close() // one that cannot be closed ends with its connection
		}
	}
	p.lease, p.used, p.ready = 0, nil, nil
}

// prepareDue prepares what is due. What cannot be prepared is run as it is.
func (s *Store) prepareDue(ctx context.Context) {
	if s.dialect == PostgreSQL {
		return
	}
	for _, text := range s.prepared.due() {
		if st, err := s.db.PrepareContext(ctx, text); err == nil {
			s.prepared.keep(text, st)
		}
	}
}

// keep takes a statement, unless the lease has ended meanwhile.
func (p *prepared) keep(text string, st *sql.Stmt) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.lease == 0 {
		_ = st.Close() // as in end
		return
	}
	p.ready[text] = st
}

func (x *session) exec(text string, args ...any) error {
	if st := x.s.prepared.find(text); st != nil {
		_, err := x.tx.StmtContext(x.ctx, st).ExecContext(x.ctx, args...)
		return err
	}
	_, err := x.tx.ExecContext(x.ctx, text, args...)
	return err
}

func (x *session) query(text string, args []any) (*sql.Rows, error) {
	if st := x.s.prepared.find(text); st != nil {
		return x.tx.StmtContext(x.ctx, st).QueryContext(x.ctx, args...)
	}
	return x.tx.QueryContext(x.ctx, text, args...)
}
