package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"counterfoil/internal/issuance"
	"counterfoil/internal/outbound"
)

// maxLogos bounds how many logos are asked for in one run.
const maxLogos = 50

// logos asks for every logo that wallets are told to fetch. Those that are part of the metadata (data URIs) need no fetching.
func (d *Doctor) logos(ctx context.Context) []Check {
	const name = "Logos"
	var uris []string
	for _, t := range d.Types.All() {
		for _, shown := range t.Display {
			if shown.Logo != nil && !strings.HasPrefix(shown.Logo.URI, "data:") && !slices.Contains(uris, shown.Logo.URI) {
				uris = append(uris, shown.Logo.URI)
			}
		}
	}
	if len(uris) == 0 {
		return []Check{{name, OK, "No type has a logo that wallets must fetch.", ""}}
	}
	asked := uris[:min(len(uris), maxLogos)]
	looks := make([]look, 0, len(asked))
	for _, uri := range asked {
		looks = append(looks, look{name, func(ctx context.Context) []Check { return d.logo(ctx, uri) }})
	}
	out := d.together(ctx, looks...)
	if good := len(asked) - len(out); good > 0 {
		out = append(out, Check{name, OK, logoCount(good) + " can be fetched as images.", ""})
	}
	if more := len(uris) - len(asked); more > 0 {
		out = append(out, Check{name, NotChecked, fmt.Sprintf("%s beyond the first %d.", logoCount(more), maxLogos), ""})
	}
	return out
}

func logoCount(n int) string {
	if n == 1 {
		return "1 logo"
	}
	return fmt.Sprintf("%d logos", n)
}

// logo gives the check of a logo that wallets cannot show, else nothing.
func (d *Doctor) logo(ctx context.Context, uri string) []Check {
	const name = "Logo"
	where := shown(uri)
	a := d.fetch(ctx, d.Outside, uri, "image/*")
	switch {
	case errors.Is(a.err, outbound.ErrAddress):
		return []Check{{name, Warning, where + " leads from here to an address that is not public, and was not asked.",
			"Open it from a phone. If that shows the logo, all is well; otherwise move it to a public address, or into the type as a data URI."}}
	case a.err != nil:
		return []Check{{name, Failed, where + " " + trouble(a.err) + ".", "Correct the address in the type, or see to whoever serves it."}}
	case a.status != http.StatusOK:
		return []Check{{name, Failed, fmt.Sprintf("%s answers HTTP %d.", where, a.status), "Put the address of the image itself into the type; wallets need not follow redirects."}}
	case !image(a):
		return []Check{{name, Failed, where + " is not an image.", "Serve an image there, with its media type: image/svg+xml, image/png."}}
	}
	return nil
}

// image tells an answer that says it is an image, and is no page.
func image(a answer) bool {
	return strings.HasPrefix(strings.ToLower(a.header.Get("Content-Type")), "image/") && len(a.body) > 0 &&
		!strings.HasPrefix(http.DetectContentType(a.body), "text/html")
}

// callbacks tries to connect to every callback endpoint. No request is sent: any request could mean something to a receiver.
func (d *Doctor) callbacks(ctx context.Context) []Check {
	const name = "Callback endpoints"
	if d.Endpoints == nil {
		return []Check{{name, NotChecked, d.NoDatabase.Found, ""}}
	}
	list, err := d.Endpoints.ListEndpoints(ctx)
	if err != nil {
		d.Log.Error("list callback endpoints", "error", err)
		return []Check{{name, Failed, "The callback endpoints cannot be read.", "See to the database, and give this process the master key that the others have."}}
	}
	if len(list) == 0 {
		return []Check{{name, OK, "There is none: nobody is told what becomes of offers.", ""}}
	}
	looks := make([]look, 0, len(list))
	for _, e := range list {
		looks = append(looks, look{name, func(ctx context.Context) []Check { return []Check{d.callback(ctx, e)} }})
	}
	return d.together(ctx, looks...)
}

// callback judges one endpoint: what is known of it, then whether it can be connected to.
func (d *Doctor) callback(ctx context.Context, e issuance.Endpoint) Check {
	c := Check{Name: "Callback: " + endpointName(e), Result: Warning}
	const resume = "Switch it on under Callbacks, or by POST /callbacks/{id}/resume: what waits goes out then."
	switch e.State {
	case issuance.EndpointActive:
	case issuance.EndpointPaused:
		c.Found, c.Fix = "It is paused; "+waiting(e.Queued)+".", resume
		return c
	case issuance.EndpointDisabled:
		c.Found, c.Fix = "The receiver switched it off (HTTP 410); "+waiting(e.Queued)+".", "Ask whoever runs it. "+resume
		return c
	}
	if err := outbound.Handshake(ctx, d.Callbacks, e.URL); err != nil {
		c.Result, c.Found = Failed, "No connection can be made: "+outbound.Describe(err)+"."
		c.Fix = "Let the receiver be reached from here, with a certificate that is trusted; an address inside the house needs COUNTERFOIL_CALLBACK_ALLOW."
		return c
	}
	if e.Health() == issuance.Failing {
		c.Found = "It can be reached, but events do not get through since " + e.FailingSince.UTC().Format("2006-01-02 15:04 MST") + ": " + shown(e.LastResult) + "; " + waiting(e.Queued) + "."
		c.Fix = "Look at the log of the receiver; under Callbacks, send a test event and see what it answers."
		return c
	}
	c.Result, c.Found = OK, "It can be connected to; no event was sent."
	return c
}

func waiting(n int) string {
	switch n {
	case 0:
		return "no event waits"
	case 1:
		return "1 event waits"
	}
	return fmt.Sprintf("%d events wait", n)
}

// endpointName calls an endpoint by its name or host: its address may have a token in it.
func endpointName(e issuance.Endpoint) string {
	if e.Name != "" {
		return shown(e.Name)
	}
	if u, err := url.Parse(e.URL); err == nil && u.Host != "" {
		return shown(u.Host)
	}
	return string(e.ID)
}
