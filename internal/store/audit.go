package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"counterfoil/internal/staff"
)

// auditRow is a row of audit.
type auditRow struct {
	Sequence, At                                 int64
	Actor, Via, Address, Action, Object, Details string
	Hash                                         []byte
}

const auditColumns = "sequence, at, actor, via, address, action, object, details, hash"

func (r auditRow) entry() staff.Entry {
	return staff.Entry{
		Sequence: r.Sequence, At: moment(r.At), Actor: staff.Actor{Name: r.Actor, Via: staff.Via(r.Via), Address: r.Address},
		Act: staff.Act(r.Action), Object: r.Object, Details: r.Details, Hash: r.Hash,
	}
}

// audited appends the entry that waits in the context, at the end of the transaction that it is about. The end of the chain is then locked
// for no longer than the commit takes, and after all other locks, so that no two wait for each other. Measured on PostgreSQL with 16 writers:
// 2600 to 3000 offers a second without an entry, 530 to 900 with one. People make no such number; offers of back-ends have no entry.
func (t *tx) audited(p *staff.Pending) error {
	if p == nil || t.unchanged {
		return nil
	}
	e := p.Entry
	if e.Object == "" {
		e.Object = t.made
	}
	e.At = t.store.Clock()
	return t.appendAudit(e)
}

func (t *tx) appendAudit(e staff.Entry) error {
	var head struct {
		Sequence int64
		Hash     []byte
	}
	if err := t.Raw("UPDATE audit_head SET sequence = sequence + 1 WHERE id = 1 RETURNING sequence, hash").Scan(&head).Error; err != nil {
		return fmt.Errorf("find the end of the audit trail: %w", err)
	}
	e = e.Clean()
	e.Sequence, e.At = head.Sequence, e.At.Truncate(time.Millisecond)
	hash, err := e.Chained(head.Hash)
	if err != nil {
		return err
	}
	if err := t.Exec("INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", e.Sequence, millis(e.At), e.Actor.Name, string(e.Actor.Via),
		e.Actor.Address, string(e.Act), e.Object, e.Details, blob(hash)).Error; err != nil {
		return fmt.Errorf("append to the audit trail: %w", err)
	}
	if err := t.Exec("UPDATE audit_head SET hash = ? WHERE id = 1", blob(hash)).Error; err != nil {
		return fmt.Errorf("move the end of the audit trail: %w", err)
	}
	return nil
}

// AppendAudit implements staff.AuditRecord.
func (s *Store) AppendAudit(ctx context.Context, e staff.Entry) error {
	_, err := s.transact(ctx, func(t *tx) error { return t.appendAudit(e) })
	return err
}

// ListAudit implements staff.AuditRecord.
func (s *Store) ListAudit(ctx context.Context, f staff.AuditFilter) ([]staff.Entry, error) {
	where, args := []string{"1 = 1"}, []any{}
	must := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if unheard(f.Who) || unheard(string(f.Act)) {
		return nil, nil
	}
	if f.Who != "" {
		part := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(f.Who)) + "%"
		must("(lower(actor) LIKE ? ESCAPE '!' OR lower(object) LIKE ? ESCAPE '!')", part, part)
	}
	if f.Act != "" {
		must("action = ?", string(f.Act))
	}
	if !f.From.IsZero() {
		must("at >= ?", millis(f.From))
	}
	if !f.Until.IsZero() {
		must("at < ?", millis(f.Until))
	}
	if f.Before > 0 {
		must("sequence < ?", f.Before)
	}
	return s.auditRows(ctx, strings.Join(where, " AND ")+" ORDER BY sequence DESC LIMIT ?", append(args, f.Limit)...)
}

// AuditAfter implements staff.AuditRecord.
func (s *Store) AuditAfter(ctx context.Context, sequence int64, limit int) ([]staff.Entry, error) {
	return s.auditRows(ctx, "sequence > ? ORDER BY sequence LIMIT ?", sequence, limit)
}

func (s *Store) auditRows(ctx context.Context, where string, args ...any) ([]staff.Entry, error) {
	var rows []auditRow
	if err := s.reads.WithContext(ctx).Raw("SELECT "+auditColumns+" FROM audit WHERE "+where, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read audit trail: %w", err)
	}
	out := make([]staff.Entry, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.entry())
	}
	return out, nil
}

// AuditHead implements staff.AuditRecord.
func (s *Store) AuditHead(ctx context.Context) (int64, []byte, error) {
	var head struct {
		Sequence int64
		Hash     []byte
	}
	if err := s.reads.WithContext(ctx).Raw("SELECT sequence, hash FROM audit_head WHERE id = 1").Scan(&head).Error; err != nil {
		return 0, nil, fmt.Errorf("read the end of the audit trail: %w", err)
	}
	return head.Sequence, head.Hash, nil
}
