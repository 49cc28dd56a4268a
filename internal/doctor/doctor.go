package doctor

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"counterfoil/internal/issuance"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
)

// Within bounds a run: what has not answered by then has failed.
const Within = 15 * time.Second

// fresh is how old the report may be that Latest gives.
const fresh = time.Minute

// Result is how a check ended.
type Result string

// The results, worst first.
const (
	Failed     Result = "failed"
	Warning    Result = "warning"
	NotChecked Result = "not checked"
	OK         Result = "ok"
)

// Results lists every result once, worst first.
func Results() []Result { return []Result{Failed, Warning, NotChecked, OK} }

// Check is one thing that was looked at: what was found, in one sentence, and how to fix it, which is empty when nothing is to be done.
type Check struct {
	Name   i18n.Text
	Result Result
	Found  i18n.Text
	Fix    i18n.Text
}

// Report is a run: its checks, worst first.
type Report struct {
	At     time.Time
	Checks []Check
}

// Count tells how many checks ended so.
func (r Report) Count(result Result) int {
	n := 0
	for _, c := range r.Checks {
		if c.Result == result {
			n++
		}
	}
	return n
}

// Door is what wallets are told to reach.
type Door struct {
	// Issuer is the credential issuer identifier; Types is the URL that the Type Metadata of a type lies below, under its id.
	Issuer, Types string
	// WellKnownIssuer and WellKnownServer are the paths of the two metadata documents, the form of the standard first.
	WellKnownIssuer, WellKnownServer []string
}

// Endpoints reads the callback endpoints.
type Endpoints interface {
	ListEndpoints(ctx context.Context) ([]issuance.Endpoint, error)
}

// Options is what a Doctor is made from.
type Options struct {
	Door Door
	// Public reaches the public URL, wherever the name leads; Outside only what everybody reaches; Callbacks what deliveries reach.
	Public, Outside, Callbacks *http.Client
	// Keys gives the signing keys, or why there are none.
	Keys  func() (trust.Set, error)
	Types *typemeta.Catalog
	// Database and Endpoints are nil when the database cannot be asked; NoDatabase then says why.
	Database   Database
	Endpoints  Endpoints
	NoDatabase Check
	// Demo marks a demonstration. Refusal is why serve would not start with the settings, nil when it would.
	Demo    bool
	Refusal error
	Clock   func() time.Time
	Log     *slog.Logger
}

// Doctor carries out the checks. It is safe for use by many goroutines; one run goes on at a time.
type Doctor struct {
	Options
	flight singleflight.Group
	latest atomic.Pointer[Report]
}

// New makes a Doctor.
func New(o Options) *Doctor { return &Doctor{Options: o} }

// Latest gives the last report when it is younger than a minute, else it runs the checks.
func (d *Doctor) Latest(ctx context.Context) Report {
	if r := d.latest.Load(); r != nil {
		if age := d.Clock().Sub(r.At); age >= 0 && age < fresh {
			return *r
		}
	}
	return d.Run(ctx)
}

// Run carries out every check. Whoever asks while a run goes on gets its report. It ends after Within, also when the context of who
// asked first ended before: others may wait for it.
func (d *Doctor) Run(ctx context.Context) Report {
	d.flight.Do("", func() (any, error) { //nolint:errcheck // there is no error: what fails is in the report
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), Within)
		defer cancel()
		r := d.examine(within)
		d.latest.Store(&r)
		return nil, nil
	})
	return *d.latest.Load()
}

func (d *Doctor) examine(ctx context.Context) Report {
	r := Report{At: d.Clock()}
	r.Checks = d.together(ctx,
		look{nameReach, d.public},
		look{nameCertificates, d.certificates},
		look{nameLogos, d.logos},
		look{nameCallbacks, d.callbacks},
		look{nameDatabase, d.database},
		look{nameMode, d.mode},
	)
	slices.SortStableFunc(r.Checks, func(a, b Check) int {
		return cmp.Compare(slices.Index(Results(), a.Result), slices.Index(Results(), b.Result))
	})
	return r
}

// look is one part of a run, with the name that it goes by when it breaks off.
type look struct {
	name i18n.Text
	at   func(context.Context) []Check
}

// together carries out looks at once and gives their checks in order.
func (d *Doctor) together(ctx context.Context, looks ...look) []Check {
	found := make([][]Check, len(looks))
	var running sync.WaitGroup
	for i, l := range looks {
		running.Go(func() { found[i] = d.guarded(ctx, l) })
	}
	running.Wait()
	return slices.Concat(found...)
}

// guarded keeps a look that panics from ending the process and the other looks.
func (d *Doctor) guarded(ctx context.Context, l look) (found []Check) {
	defer func() {
		if r := recover(); r != nil {
			d.Log.Error("a check broke off", "check", l.name.String(), "panic", r)
			found = []Check{{l.name, Failed, i18n.Say("The check itself broke off."), i18n.Say("Look into the log, and tell support what it says.")}}
		}
	}()
	return l.at(ctx)
}
