package doctor

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"counterfoil/internal/issuance"
	"counterfoil/internal/outbound"
	"counterfoil/views/i18n"
)

// maxLogos bounds how many logos are asked for in one run.
const maxLogos = 50

// logos asks for every logo that wallets are told to fetch. Those that are part of the metadata (data URIs) need no fetching.
func (d *Doctor) logos(ctx context.Context) []Check {
	var uris []string
	for _, t := range d.Types.All() {
		for _, shown := range t.Display {
			if shown.Logo != nil && !strings.HasPrefix(shown.Logo.URI, "data:") && !slices.Contains(uris, shown.Logo.URI) {
				uris = append(uris, shown.Logo.URI)
			}
		}
	}
	if len(uris) == 0 {
		return []Check{{nameLogos, OK, i18n.Say("No type has a logo that wallets must fetch."), i18n.Text{}}}
	}
	asked := uris[:min(len(uris), maxLogos)]
	looks := make([]look, 0, len(asked))
	for _, uri := range asked {
		looks = append(looks, look{nameLogos, func(ctx context.Context) []Check { return d.logo(ctx, uri) }})
	}
	out := d.together(ctx, looks...)
	if good := len(asked) - len(out); good > 0 {
		out = append(out, Check{nameLogos, OK, i18n.Say("%d logos can be fetched as images.", good), i18n.Text{}})
	}
	if more := len(uris) - len(asked); more > 0 {
		out = append(out, Check{nameLogos, NotChecked, i18n.Say("%d logos beyond the first %d.", more, maxLogos), i18n.Text{}})
	}
	return out
}

// logo gives the check of a logo that wallets cannot show, else nothing.
func (d *Doctor) logo(ctx context.Context, uri string) []Check {
	name, where := i18n.Say("Logo"), shown(uri)
	a := d.fetch(ctx, d.Outside, uri, "image/*")
	switch {
	case errors.Is(a.err, outbound.ErrAddress):
		return []Check{{name, Warning, i18n.Say("%s leads from here to an address that is not public, and was not asked.", where),
			i18n.Say("Open it from a phone. If that shows the logo, all is well; otherwise move it to a public address, or into the type as a data URI.")}}
	case a.err != nil:
		return []Check{{name, Failed, trouble(where, a.err), i18n.Say("Correct the address in the type, or see to whoever serves it.")}}
	case a.status != http.StatusOK:
		return []Check{{name, Failed, i18n.Say("%s answers HTTP %s.", where, strconv.Itoa(a.status)), i18n.Say("Put the address of the image itself into the type; wallets need not follow redirects.")}}
	case !image(a):
		return []Check{{name, Failed, i18n.Say("%s is not an image.", where), i18n.Say("Serve an image there, with its media type: image/svg+xml, image/png.")}}
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
	if d.Endpoints == nil {
		return []Check{{nameCallbacks, NotChecked, d.NoDatabase.Found, i18n.Text{}}}
	}
	list, err := d.Endpoints.ListEndpoints(ctx)
	if err != nil {
		d.Log.Error("list callback endpoints", "error", err)
		return []Check{{nameCallbacks, Failed, i18n.Say("The callback endpoints cannot be read."), i18n.Say("See to the database, and give this process the master key that the others have.")}}
	}
	if len(list) == 0 {
		return []Check{{nameCallbacks, OK, i18n.Say("There is none: nobody is told what becomes of offers."), i18n.Text{}}}
	}
	looks := make([]look, 0, len(list))
	for _, e := range list {
		looks = append(looks, look{nameCallbacks, func(ctx context.Context) []Check { return []Check{d.callback(ctx, e)} }})
	}
	return d.together(ctx, looks...)
}

// callback judges one endpoint: what is known of it, then whether it can be connected to.
func (d *Doctor) callback(ctx context.Context, e issuance.Endpoint) Check {
	c := Check{Name: i18n.Say("Callback: %s", endpointName(e)), Result: Warning}
	resume, waiting := i18n.Say("Switch it on under Callbacks, or by POST /callbacks/{id}/resume: what waits goes out then."), i18n.Say("%d events wait.", e.Queued)
	switch e.State {
	case issuance.EndpointActive:
	case issuance.EndpointPaused:
		c.Found, c.Fix = i18n.Say("It is paused. %s", waiting), resume
		return c
	case issuance.EndpointDisabled:
		c.Found, c.Fix = i18n.Say("The receiver switched it off (HTTP 410). %s", waiting), i18n.Say("Ask whoever runs it. %s", resume)
		return c
	}
	if err := outbound.Handshake(ctx, d.Callbacks, e.URL); err != nil {
		c.Result, c.Found = Failed, i18n.Say("No connection can be made: %s.", i18n.Phrase(outbound.Describe(err)))
		c.Fix = i18n.Say("Let the receiver be reached from here, with a certificate that is trusted; an address inside the house needs COUNTERFOIL_CALLBACK_ALLOW.")
		return c
	}
	if e.Health() == issuance.Failing {
		c.Found = i18n.Say("It can be reached, but events do not get through since %s: %s. %s", e.FailingSince, i18n.Phrase(shown(e.LastResult)), waiting)
		c.Fix = i18n.Say("Look at the log of the receiver; under Callbacks, send a test event and see what it answers.")
		return c
	}
	c.Result, c.Found = OK, i18n.Say("It can be connected to; no event was sent.")
	return c
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
