package staff

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// AuditFilter chooses entries; what is empty chooses all.
type AuditFilter struct {
	// Who is a part of the actor's or the object's name, in any case.
	Who string
	Act Act
	// From is the first moment, Until the first after the last.
	From, Until time.Time
	// Before leads on from a page: entries older than this one.
	Before int64
	Limit  int
}

// AuditRecord is the durable record of entries.
type AuditRecord interface {
	// AppendAudit appends an entry, cleaned, to the chain.
	AppendAudit(ctx context.Context, e Entry) error
	// ListAudit returns entries, newest first.
	ListAudit(ctx context.Context, f AuditFilter) ([]Entry, error)
	// AuditAfter returns entries in the order of the chain, from the one after a sequence on.
	AuditAfter(ctx context.Context, sequence int64, limit int) ([]Entry, error)
	// AuditHead returns the last sequence and its hash.
	AuditHead(ctx context.Context) (int64, []byte, error)
}

// Failed sign-ins are written down this many at once, and then one every failedEvery in each process: whoever guesses must not fill the
// record. What was left out is counted.
const (
	failedAtOnce = 200
	failedEvery  = 5 * time.Second
)

// Audit is the use cases of the audit trail.
type Audit struct {
	record AuditRecord
	clock  func() time.Time
	failed *rate.Limiter

	mu      sync.Mutex
	leftOut int
}

// NewAudit makes the use cases.
func NewAudit(r AuditRecord, clock func() time.Time) *Audit {
	return &Audit{record: r, clock: clock, failed: rate.NewLimiter(rate.Every(failedEvery), failedAtOnce)}
}

// Note appends an entry for what changes nothing in the record, such as looking at a code.
func (a *Audit) Note(ctx context.Context, act Act, object, details string) error {
	e := Entry{At: a.clock(), Actor: ActorOf(ctx), Act: act, Object: object, Details: details}
	if err := a.record.AppendAudit(ctx, e); err != nil {
		return fmt.Errorf("append to the audit trail: %w", err)
	}
	return nil
}

// Failed appends a sign-in that failed. The name is one that somebody here has, or empty: what is typed as a name may be a password.
func (a *Audit) Failed(ctx context.Context, name string, how Method, from From) error {
	a.mu.Lock()
	if !a.failed.AllowN(a.clock(), 1) {
		a.leftOut++
		a.mu.Unlock()
		return nil
	}
	details := string(how)
	if a.leftOut > 0 {
		details += DetailSeparator + DetailLeftOut + strconv.Itoa(a.leftOut)
	}
	a.leftOut = 0
	a.mu.Unlock()
	return a.Note(As(ctx, Actor{Via: ViaPortal, Address: from.Address}), ActSignInFailed, name, details)
}

// List returns entries, newest first, and what leads on to older ones; 0 when there are none.
func (a *Audit) List(ctx context.Context, f AuditFilter) (list []Entry, next int64, err error) {
	limit := f.Limit
	f.Limit++
	if list, err = a.record.ListAudit(ctx, f); err != nil {
		return nil, 0, fmt.Errorf("read the audit trail: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].Sequence
	}
	return list, next, nil
}

// Verdict is what became of looking at the whole chain.
type Verdict struct {
	Entries int64
	// Head is the hash of the last entry, in hex. Kept elsewhere, it shows later that nothing before it was changed or cut off.
	Head string
	// Broken is the first entry that does not fit, and Why; 0 when all do.
	Broken int64
	Why    string
	// Held tells that the expected hash is that of an entry.
	Held bool
}

// Why an entry does not fit.
const (
	brokenCut     = "it is missing, and all after it"
	brokenGap     = "it is missing"
	brokenChanged = "it was changed, or the one before it was"
	brokenEnd     = "it is not the one that was written last"
)

// Verify looks at every entry from the first on: no gap, and each hash as it must be. Expected is a hash that was kept elsewhere, in hex;
// empty asks for none.
func (a *Audit) Verify(ctx context.Context, expected string) (Verdict, error) {
	last, head, err := a.record.AuditHead(ctx)
	if err != nil {
		return Verdict{}, fmt.Errorf("read the end of the audit trail: %w", err)
	}
	v := Verdict{Head: hex.EncodeToString(head), Held: expected == ""}
	var previous []byte
	const page = 1000
	for v.Entries < last {
		list, err := a.record.AuditAfter(ctx, v.Entries, page)
		if err != nil {
			return Verdict{}, fmt.Errorf("read the audit trail: %w", err)
		}
		if len(list) == 0 {
			v.Broken, v.Why = v.Entries+1, brokenCut
			return v, nil
		}
		for _, e := range list[:min(int64(len(list)), last-v.Entries)] {
			if v.Broken, v.Why = v.Entries+1, e.misfit(v.Entries+1, previous); v.Why != "" {
				return v, nil
			}
			v.Broken, v.Entries, previous = 0, e.Sequence, e.Hash
			v.Held = v.Held || hex.EncodeToString(e.Hash) == expected
		}
	}
	if !bytes.Equal(previous, head) {
		v.Broken, v.Why = v.Entries, brokenEnd
	}
	return v, nil
}

// misfit says why the entry cannot follow one with the hash previous; empty when it can.
func (e Entry) misfit(sequence int64, previous []byte) string {
	if e.Sequence != sequence {
		return brokenGap
	}
	if want, err := e.Chained(previous); err != nil || !bytes.Equal(want, e.Hash) {
		return brokenChanged
	}
	return ""
}
