package doctor_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"counterfoil/internal/doctor"
	"counterfoil/internal/issuance"
	"counterfoil/internal/outbound"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
)

// withLogos makes the types one for each logo.
func (i *installation) withLogos(uris ...string) {
	i.t.Helper()
	var all []typemeta.Type
	for n, uri := range uris {
		doc, err := json.Marshal(map[string]any{"vct": fmt.Sprintf("urn:logo:%d", n), "display": []any{map[string]any{
			"locale": "en", "name": "Own", "rendering": map[string]any{"simple": map[string]any{"logo": map[string]any{"uri": uri}}},
		}}})
		if err != nil {
			i.t.Fatal(err)
		}
		one, err := typemeta.ParseVersion(fmt.Sprintf("Type%d", n), doc, nil)
		if err != nil {
			i.t.Fatal(err)
		}
		all = append(all, one)
	}
	i.types.Replace(all)
}

func TestRun_asks_for_logos(t *testing.T) {
	t.Parallel()
	const one, all = "Logo", "Logos"
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   map[string]want
	}{
		"a picture":            {says(200, "image/png", png), map[string]want{all: {doctor.OK, "One logo can be fetched"}}},
		"a drawing":            {says(200, "image/svg+xml", `<?xml version="1.0"?><svg/>`), map[string]want{all: {doctor.OK, "One logo"}}},
		"a page":               {says(200, "text/html", "<html>"), map[string]want{one: {doctor.Failed, "not an image"}}},
		"a page that pretends": {says(200, "image/png", "<!DOCTYPE html><html>"), map[string]want{one: {doctor.Failed, "not an image"}}},
		"nothing":              {says(200, "image/png", ""), map[string]want{one: {doctor.Failed, "not an image"}}},
		"gone":                 {http.NotFound, map[string]want{one: {doctor.Failed, "HTTP 404"}}},
		"a redirect":           {says(301, "image/png", png), map[string]want{one: {doctor.Failed, "HTTP 301"}}},
		"too large":            {says(200, "image/png", png+strings.Repeat("x", 2<<20)), map[string]want{one: {doctor.Failed, "more than"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := install(t, httpsHere, on("/logo", c.answer))
			i.withLogos(i.server.URL+"/logo", i.server.URL+"/logo", "data:image/png;base64,AAAA")
			expect(t, i.run(), c.want)
		})
	}
	t.Run("an address that is not public", func(t *testing.T) {
		t.Parallel()
		i := install(t, httpsHere, func(i *installation) { i.options.Outside = outbound.NewClient(outbound.Options{}) })
		i.withLogos("https://169.254.169.254/logo.png", "data:image/png;base64,AAAA")
		expect(t, i.run(), map[string]want{one: {doctor.Warning, "not public"}})
	})
	t.Run("sixty", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int32
		i := install(t, httpsHere, func(i *installation) {
			i.instead = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/logo") {
					return false
				}
				asked.Add(1)
				says(200, "image/png", png)(w, r)
				return true
			}
		})
		var uris []string
		for n := range 60 {
			uris = append(uris, fmt.Sprintf("%s/logo%d", i.server.URL, n))
		}
		i.withLogos(uris...)
		found := map[doctor.Result]string{}
		for _, c := range doctor.New(i.options).Run(t.Context()).Checks {
			if c.Name.String() == signed && c.Result != doctor.OK { // longer than any other JWT
				t.Errorf("the signed metadata: %s", c.Found)
			}
			if c.Name.String() == all {
				found[c.Result] = c.Found.String()
			}
		}
		if !strings.HasPrefix(found[doctor.OK], "50 logos") || !strings.HasPrefix(found[doctor.NotChecked], "10 logos") || asked.Load() != 50 {
			t.Errorf("%d were asked for: %v", asked.Load(), found)
		}
	})
}

func TestRun_connects_to_callback_endpoints_and_sends_nothing(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	var connections atomic.Int32
	receiver := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	receiver.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	receiver.StartTLS()
	defer receiver.Close()
	const here = "Callback: here"
	at := func(change func(*issuance.Endpoint)) func(*installation) {
		e := issuance.Endpoint{ID: "one", Name: "here", URL: receiver.URL + "/hook?token=canary-4711", State: issuance.EndpointActive}
		if change != nil {
			change(&e)
		}
		return func(i *installation) { i.options.Endpoints = endpoints{e} }
	}
	for name, c := range map[string]struct {
		change func(*installation)
		want   map[string]want
	}{
		"it is there":     {at(nil), map[string]want{here: {doctor.OK, "no event was sent"}}},
		"it has no name":  {at(func(e *issuance.Endpoint) { e.Name = "" }), map[string]want{"Callback: " + strings.TrimPrefix(receiver.URL, "https://"): {doctor.OK, ""}}},
		"paused":          {at(func(e *issuance.Endpoint) { e.State, e.Queued = issuance.EndpointPaused, 3 }), map[string]want{here: {doctor.Warning, "3 events wait"}}},
		"switched off":    {at(func(e *issuance.Endpoint) { e.State, e.Queued = issuance.EndpointDisabled, 1 }), map[string]want{here: {doctor.Warning, "One event waits"}}},
		"failing":         {at(func(e *issuance.Endpoint) { e.FailingSince, e.LastResult = time.Now(), "HTTP 500" }), map[string]want{here: {doctor.Warning, "HTTP 500"}}},
		"nobody there":    {at(func(e *issuance.Endpoint) { e.URL = "https://127.0.0.1:1/" }), map[string]want{here: {doctor.Failed, "connection refused"}}},
		"a wrong host":    {at(func(e *issuance.Endpoint) { e.URL = strings.Replace(e.URL, "127.0.0.1", "localhost", 1) }), map[string]want{here: {doctor.Failed, "certificate not accepted"}}},
		"a closed range":  {at(func(e *issuance.Endpoint) { e.URL = "https://10.0.0.1/" }), map[string]want{here: {doctor.Failed, "address not allowed"}}},
		"the metadata":    {at(func(e *issuance.Endpoint) { e.URL = "https://169.254.169.254/" }), map[string]want{here: {doctor.Failed, "address not allowed"}}},
		"none":            {func(*installation) {}, map[string]want{"Callback endpoints": {doctor.OK, "none"}}},
		"they are locked": {func(i *installation) { i.options.Endpoints = broken{} }, map[string]want{"Callback endpoints": {doctor.Failed, "cannot be read"}}},
	} {
		t.Run(name, func(t *testing.T) {
			i := install(t, httpsHere, c.change)
			transport(i.options.Callbacks).TLSClientConfig = transport(receiver.Client()).TLSClientConfig
			got := i.run()
			expect(t, got, c.want)
			for _, check := range got {
				if text := fmt.Sprint(check.Name, check.Found, check.Fix); strings.Contains(text, "canary") || strings.Contains(text, "password=") {
					t.Errorf("%s tells a secret: %s", check.Name, check.Found)
				}
			}
		})
	}
	if requests.Load() != 0 || connections.Load() == 0 {
		t.Errorf("%d requests were sent in %d connections", requests.Load(), connections.Load())
	}
}

// broken is a database that answers nothing.
type broken struct{}

var errBroken = errors.New("reach the database: password=canary")

func (broken) ListEndpoints(context.Context) ([]issuance.Endpoint, error) { return nil, errBroken }
func (broken) About(context.Context) (doctor.About, error)                { return doctor.About{}, errBroken }

func TestRun_judges_keys_mode_and_database(t *testing.T) {
	t.Parallel()
	const database, mode, issuer, access = "Database", "Mode", "Issuer certificate", "Access certificate"
	later := func(days int) func(*installation) {
		return func(i *installation) { i.options.Clock = func() time.Time { return time.Now().AddDate(0, 0, days) } }
	}
	in := func(a doctor.About) func(*installation) {
		return func(i *installation) { i.options.Database = about(a) }
	}
	for name, c := range map[string]struct {
		change func(*installation)
		want   map[string]want
	}{
		"SQLite": {in(doctor.About{Schema: 3, Known: 3}), map[string]want{database: {doctor.Warning, "one process only"}}},
		"SQLite in the demo": {func(i *installation) { i.options.Demo, i.options.Database = true, about{Schema: 3, Known: 3} },
			map[string]want{database: {doctor.OK, "SQLite"}, mode: {doctor.Warning, "not for production"}}},
		"an old PostgreSQL":  {in(doctor.About{Postgres: 14, Schema: 3, Known: 3}), map[string]want{database: {doctor.Failed, "14"}}},
		"a newer schema":     {in(doctor.About{Postgres: 16, Schema: 4, Known: 3}), map[string]want{database: {doctor.Warning, "version 4"}}},
		"an older schema":    {in(doctor.About{Postgres: 16, Schema: 2, Known: 3}), map[string]want{database: {doctor.Failed, "version 2"}}},
		"a clock that is on": {func(i *installation) { i.options.Database = about(doctor.About{Postgres: 16, Now: time.Now()}) }, map[string]want{"Clock of the database": {doctor.OK, ""}}},
		"a clock that is off": {in(doctor.About{Postgres: 16, Now: time.Now().Add(-2 * time.Minute)}),
			map[string]want{"Clock of the database": {doctor.Failed, "behind"}}},
		"away": {func(i *installation) { i.options.Database = broken{} }, map[string]want{database: {doctor.Failed, "does not answer"}}},
		"held by the server": {func(i *installation) {
			i.options.Database, i.options.Endpoints = nil, nil
			i.options.NoDatabase = doctor.Check{Name: i18n.Say("Database"), Result: doctor.NotChecked, Found: i18n.Say("The server has the database.")}
		}, map[string]want{database: {doctor.NotChecked, "The server"}, "Callback endpoints": {doctor.NotChecked, "The server"}, types: {doctor.NotChecked, "The server"}}},
		"settings for trials": {func(i *installation) {
			i.options.Refusal = errors.New("COUNTERFOIL_A must be set\nCOUNTERFOIL_B must be set")
		},
			map[string]want{mode: {doctor.Failed, "COUNTERFOIL_A must be set; COUNTERFOIL_B"}}},
		"a year":       {later(-1 + 397 - 32), map[string]want{issuer: {doctor.OK, "Valid for 32 more days, until"}, access: {doctor.OK, ""}}},
		"its last day": {later(397 - 2), map[string]want{issuer: {doctor.Warning, "Valid for one more day"}, access: {doctor.Warning, ""}}},
		"expired":      {later(400), map[string]want{issuer: {doctor.Failed, "has expired"}, access: {doctor.Failed, ""}, signed: {doctor.Failed, "not valid now"}}},
		"not yet":      {later(-3), map[string]want{issuer: {doctor.Failed, "not valid before"}}},
		"UP-043 UP-067 thirty years": {func(i *installation) {
			keys := i.options.Keys
			i.options.Keys = func() (trust.Set, error) {
				set, err := keys()
				leaf := *set.Keys[trust.Issuer].Chain[0]
				leaf.NotAfter = leaf.NotBefore.AddDate(30, 0, 0)
				set.Keys = map[trust.Purpose]trust.Key{trust.Issuer: {Chain: []*x509.Certificate{&leaf}}, trust.Access: set.Keys[trust.Access]}
				return set, err
			}
		}, map[string]want{issuer: {doctor.Warning, "Valid for"}, access: {doctor.OK, ""}}},
		"no keys": {func(i *installation) {
			i.options.Keys = func() (trust.Set, error) { return trust.Set{}, errors.New("a\nb") }
		},
			map[string]want{"Certificates": {doctor.Failed, "a; b"}, signed: {doctor.OK, ""}}},
		"a check that breaks": {func(i *installation) { i.options.Keys = func() (trust.Set, error) { panic("canary") } },
			map[string]want{"Certificates": {doctor.Failed, "broke off"}, database: {doctor.OK, ""}, metadata: {doctor.OK, ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := install(t, httpHere, c.change).run()
			expect(t, got, c.want)
			for _, check := range got {
				if strings.Contains(fmt.Sprint(check.Found, check.Fix), "canary") {
					t.Errorf("%s tells what it must not: %s", check.Name, check.Found)
				}
			}
		})
	}
}

func TestReport_has_the_worst_first(t *testing.T) {
	t.Parallel()
	i := install(t, httpHere, on(inserted, http.NotFound))
	last := 0
	for _, c := range doctor.New(i.options).Run(t.Context()).Checks {
		rank := bytes.IndexByte([]byte("fwno"), string(c.Result)[0])
		if rank < last {
			t.Errorf("%s, %s, comes too late", c.Name, c.Result)
		}
		last = rank
	}
}

// silent never answers.
type silent struct{ asked atomic.Int32 }

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func (s *silent) About(ctx context.Context) (doctor.About, error) {
	s.asked.Add(1)
	<-ctx.Done()
	return doctor.About{}, ctx.Err()
}

func (s *silent) ListEndpoints(ctx context.Context) ([]issuance.Endpoint, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A run ends after 15 s whatever does not answer, also when who asked first has gone; who asks in the meantime waits for the same run,
// and who asks soon after gets its report.
func TestRun_is_bounded_and_shared(t *testing.T) {
	t.Parallel()
	i := install(t, httpHere, nil)
	synctest.Test(t, func(t *testing.T) {
		nobody := &silent{}
		o := i.options
		o.Public, o.Database, o.Endpoints = &http.Client{Transport: nobody}, nobody, nobody
		d := doctor.New(o)
		begin := time.Now()
		gone, leave := context.WithCancel(t.Context())
		first := make(chan doctor.Report, 1)
		go func() { first <- d.Run(gone) }()
		synctest.Wait()
		leave()
		second := d.Run(t.Context())
		if took := time.Since(begin); took != doctor.Within {
			t.Errorf("it took %s", took)
		}
		got := named(t, second)
		expect(t, got, map[string]want{reach: {doctor.Failed, "no answer in time"}, "Database": {doctor.Failed, ""}, "Mode": {doctor.OK, ""}})
		if r := <-first; !r.At.Equal(second.At) || nobody.asked.Load() != 1 {
			t.Errorf("there were %d runs, at %s and %s", nobody.asked.Load(), r.At, second.At)
		}
		if r := d.Latest(t.Context()); !r.At.Equal(second.At) {
			t.Error("the last report was forgotten at once")
		}
		time.Sleep(time.Minute) // in the bubble: no time passes
		if r := d.Latest(t.Context()); r.At.Equal(second.At) {
			t.Error("an old report was given")
		}
	})
}
