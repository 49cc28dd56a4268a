package callback

import (
	"context"
	"log/slog"
	"time"

	"counterfoil/internal/issuance"
)

// Attempts are recorded in groups: one commit for as many as ended together, and no attempt waits long for others.
const (
	groupMost = 200
	groupWait = 3 * time.Millisecond
)

// ended is an attempt, and who waits for it to be recorded.
type ended struct {
	attempt issuance.Attempt
	written chan<- struct{}
}

// recorder writes down how attempts ended.
type recorder struct {
	outbox issuance.Outbox
	log    *slog.Logger
	in     chan ended
	over   chan struct{}
}

func newRecorder(outbox issuance.Outbox, log *slog.Logger) *recorder {
	return &recorder{outbox: outbox, log: log, in: make(chan ended), over: make(chan struct{})}
}

// put returns once the attempt is recorded, or could not be: then its lease ends by itself and it is made again.
func (r *recorder) put(a issuance.Attempt) {
	written := make(chan struct{})
	select {
	case r.in <- ended{a, written}:
		<-written
	case <-r.over:
	}
}

// end lets run return; what is put from now on is not recorded.
func (r *recorder) end() { close(r.over) }

func (r *recorder) run() {
	for {
		var first ended
		select {
		case first = <-r.in:
		case <-r.over:
			return
		}
		group := r.collect(first)
		attempts := make([]issuance.Attempt, 0, len(group))
		for _, e := range group {
			attempts = append(attempts, e.attempt)
		}
		ctx, cancel := context.WithTimeout(context.Background(), roundTime)
		if err := r.outbox.Finish(ctx, attempts); err != nil {
			r.log.Error("record callback attempts", "error", err, "count", len(attempts))
		}
		cancel()
		for _, e := range group {
			close(e.written)
		}
	}
}

// collect waits a moment for others that end at the same time.
func (r *recorder) collect(first ended) []ended {
	group := []ended{first}
	wait := time.NewTimer(groupWait)
	defer wait.Stop()
	for len(group) < groupMost {
		select {
		case e := <-r.in:
			group = append(group, e)
		case <-wait.C:
			return group
		}
	}
	return group
}
