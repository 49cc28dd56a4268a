package samples

import (
	"counterfoil/views/callbacks"
	"counterfoil/views/certificates"
	"counterfoil/views/credentialtypes"
	"counterfoil/views/help"
	"counterfoil/views/home"
	"counterfoil/views/layout"
	"counterfoil/views/problem"
	"counterfoil/views/system"
	"counterfoil/views/ui"
)

// office is the frame of an administrator's page.
func office(title, here string) layout.Page {
	return layout.Page{Title: title, Person: "Ada Administrator", Here: here, Types: true, Callbacks: true, Certificates: true, System: true, Brand: layout.Brand{Name: bank}}
}

// counter is the frame of a clerk's page.
func counter(title, here string) layout.Page {
	return layout.Page{Title: title, Person: "Carla Clerk", Here: here, Brand: layout.Brand{Name: bank}}
}

func homeSamples() []Sample {
	tiles := []home.Tile{
		{Href: "#", Name: "Identity", Description: "Who you are, as your bank has established it"},
		{Href: "#", Name: "Account ownership", Description: "That this account is yours"},
	}
	today := func(made, delivered, failed int) []home.Figure {
		return []home.Figure{{Label: "Offers made", Count: made}, {Label: "Delivered", Count: delivered}, {Label: "Failed or expired", Count: failed}}
	}
	return []Sample{
		of("home-new", home.Page, home.Show{Page: counter("Home", "/"), Issues: true, Tiles: tiles, Today: today(0, 0, 0)}),
		of("home-no-types", home.Page, home.Show{Page: counter("Home", "/"), Issues: true, Today: today(0, 0, 0)}),
		of("home-busy", home.Page, home.Show{
			Page: counter("Home", "/"), Issues: true, Tiles: tiles, Today: today(17, 14, 2), Display: ui.Status{Word: "Display connected", Tone: ui.Good},
		}),
		of("home-alerts", home.Page, home.Show{Page: office("Home", "/"), Alerts: []home.Alert{
			{Text: "The database is in trouble since 14:03: making an offer may fail. Offers that are there are safe.", Href: "#", Link: "See what to do", Bad: true, Guide: help.At("database-away")},
			{Text: "Signing certificate: ends in 23 days. Then no credential can be signed: issuing stops.", Href: "#", Link: "See what to do", Guide: help.At("certificate-ending")},
		}}),
		of("home-alert-clerk", home.Page, home.Show{Page: counter("Home", "/"), Issues: true, Tiles: tiles, Today: today(3, 3, 0), Alerts: []home.Alert{
			{Text: "Signing certificate: has ended on 25 Nov 2026. Then no credential can be signed: issuing stops. Tell the administrator.", Bad: true, Guide: help.At("issuing-stops")},
		}}),
	}
}

func typeSamples() []Sample {
	card := ui.Card{Name: "Identity", Issuer: bank, Background: "#16324f", Text: "#ffffff"}
	green := card
	green.Background = "#0b5d56"
	show := credentialtypes.Show{
		Page: office("Identity", "/types"), Href: "/types/IdentityCredential", Name: "Identity", Card: card, ChangeHref: "#",
		Facts:    []credentialtypes.Fact{{Label: "Configuration id", Value: "IdentityCredential"}, {Label: "Type (vct)", Value: "urn:example:identity:1"}},
		Claims:   []credentialtypes.Claim{{Label: "Given names", Path: "given_name", Kind: "Text", Needed: "Always there", Sharing: "The customer decides"}},
		Displays: []credentialtypes.Display{{Language: "en", Name: "Identity", Description: "Who you are", Colours: "#ffffff #16324f"}},
		Versions: []credentialtypes.Version{{Number: "1", At: "25 Nov 2026, 10:14", By: "Ada Administrator"}}, Document: "{\n  \"vct\": \"urn:example:identity:1\"\n}\n",
	}
	tried, failed, bare := show, show, show
	tried.Trial = &credentialtypes.Trial{Steps: []string{"The wallet read the offer.", "The transaction code was accepted."}, Claims: []credentialtypes.Fact{{Label: "Given name", Value: "Sample"}}}
	failed.Trial = &credentialtypes.Trial{Steps: []string{"The wallet read the offer."}, Error: "The issuer answered 400 invalid_grant: the code is wrong"}
	bare.Claims, bare.Versions, bare.ChangeHref, bare.Config = nil, nil, "", "{}"
	faults := []credentialtypes.Error{
		{Href: "#id", Text: "Configuration id: Must have no space.", Guide: help.At("type-id")},
		{Href: "#metadata", Pointer: "/claims/0/sd", Text: "Type Metadata, line 9, claim member_number: Must be always, allowed or never.", Guide: help.At("type-metadata")},
		{Href: "#config", Text: "Config: must be at most 64 kB.", Guide: help.At("type-too-large")},
	}
	form := credentialtypes.Form{Page: office("Add a credential type", "/types"), Title: "Add a credential type", Lead: "It is checked first."}
	wrong, fixed := form, form
	wrong.Errors, wrong.ID, wrong.Metadata = faults, "Member ship", "{}"
	fixed.Title, fixed.Fixed, fixed.ID, fixed.Metadata = "Change IdentityCredential", true, "IdentityCredential", show.Document
	lines := []credentialtypes.Line{
		{Text: "⋮", Word: "lines left out"}, {Sign: " ", Text: `  "display": [`}, {Sign: "−", Word: "removed", Text: `    {"name": "Given names"}`}, {Sign: "+", Word: "added", Text: `    {"name": "First names"}`},
	}
	review := credentialtypes.Review{
		Page: office("Change Identity?", "/types"), Title: "Change Identity?", Lead: "This becomes version 2.", Before: &card, After: green, ID: "IdentityCredential", Metadata: "{}",
		Seen: request, BackHref: "#", Changes: []credentialtypes.Change{
			{ID: "document", Title: "Type Metadata", Lead: "What wallets read of the type.", Count: "Lines added: 1. Lines removed: 1.", Lines: lines},
			{ID: "config", Title: "Config", Lead: "Wallets do not see it.", Count: "Nothing changes here."},
		},
	}
	fresh, same := review, review
	fresh.Before, fresh.Trial = nil, tried.Trial
	fresh.Warnings = []credentialtypes.Warning{{Text: "In en the text is hard to read on its background.", Guide: help.At("hard-to-read")}}
	same.Same, same.Changes = true, review.Changes[1:]
	return []Sample{
		of("types-none", credentialtypes.ListPage, credentialtypes.List{Page: office("Credential types", "/types"), MayAdd: true}),
		of("types-list", credentialtypes.ListPage, credentialtypes.List{Page: office("Credential types", "/types"), Rows: []credentialtypes.Row{
			{Href: "#", Name: "Identity", ID: "IdentityCredential", VCT: "urn:example:identity:1", Version: "As installed", Format: "dc+sd-jwt", Policy: "Valid for 365 days."},
		}}),
		of("types-show", credentialtypes.ShowPage, show),
		of("types-bare", credentialtypes.ShowPage, bare),
		of("types-tried", credentialtypes.ShowPage, tried),
		of("types-failed", credentialtypes.ShowPage, failed),
		of("types-form", credentialtypes.FormPage, form),
		of("types-form-change", credentialtypes.FormPage, fixed),
		of("types-form-errors", credentialtypes.FormPage, wrong),
		of("types-review", credentialtypes.ReviewPage, review),
		of("types-review-new", credentialtypes.ReviewPage, fresh),
		of("types-review-same", credentialtypes.ReviewPage, same),
	}
}

func certificateSamples() []Sample {
	row := func(name string, status ui.Status, width string) certificates.Row {
		return certificates.Row{
			Name: name, Subject: "CN=" + bank, Ends: "18 Dec 2026", Status: status, From: "0.8", Width: width,
			Stops: "Then no credential can be signed: issuing stops.", Fix: "Have it renewed.",
		}
	}
	months := []string{"Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct"}
	show := func(rows ...certificates.Row) certificates.Show {
		return certificates.Show{Page: office("Certificates and keys", "/certificates"), Months: months, Rows: rows}
	}
	return []Sample{
		of("certificates-well", certificates.Page, show(row("Signing certificate", ui.Status{Word: "Ends in 396 days", Tone: ui.Good}, "11.2"))),
		of("certificates-soon", certificates.Page, show(
			row("API key", ui.Status{Word: "Has ended", Tone: ui.Bad, Guide: help.At("certificate-ended")}, "0"),
			row("Signing certificate", ui.Status{Word: "Ends in 5 days", Tone: ui.Bad, Guide: help.At("certificate-ending")}, "0.2"),
			row("Access certificate", ui.Status{Word: "Ends in 23 days", Tone: ui.Warn, Guide: help.At("certificate-ending")}, "0.8"))),
	}
}

func callbackSamples() []Sample {
	choices := func(names ...string) (all []callbacks.Choice) {
		for i, name := range names {
			all = append(all, callbacks.Choice{Name: name, Label: name, Chosen: i == 0})
		}
		return all
	}
	form := callbacks.Form{Statuses: choices("OFFER_CREATED", "ISSUED"), Types: choices("Identity")}
	wrong := form
	wrong.URL, wrong.Errors = "http://10.0.0.1/", []ui.Problem{
		{Field: "url", Text: "Address: must be https.", Guide: help.At("callback-address")}, {Field: "statuses", Text: "Tick at least one thing that it is told.", Guide: help.At("callback-events")},
	}
	list := callbacks.List{Page: office("Callback endpoints", "/callbacks"), Form: &form}
	full, faulty := list, list
	full.Rows = []callbacks.Row{{Href: "#", Name: "Core banking", URL: "https://core.example/callbacks", Since: "25 Nov 2026, 10:14", Status: ui.Status{Word: "Nothing gets through", Tone: ui.Bad, Guide: help.At("callback-failing")}, Queued: 17}}
	faulty.Form = &wrong
	delivery := callbacks.Delivery{Href: "#", Status: "ISSUED", Offer: offer, OfferHref: "#", At: "25 Nov 2026, 10:14", Result: "HTTP 500", Attempts: 3, State: ui.Status{Word: "Refused, tried again", Tone: ui.Bad, Guide: help.At("delivery-refused")}}
	show := callbacks.Show{
		Page: office("Core banking", "/callbacks"), Href: "/callbacks/x", Name: "Core banking", Status: ui.Status{Word: "Working", Tone: ui.Good}, MayAct: true, Change: &form,
		Facts: []callbacks.Fact{{Label: "Address", Value: "https://core.example/callbacks"}}, Failed: true, Deliveries: []callbacks.Delivery{delivery},
	}
	empty, once, span := show, show, show
	empty.Deliveries, empty.Failed, empty.MayAct, empty.Change = nil, false, false, nil
	once.Secret, once.Said, once.Paused = "whsec_made-up", "There is a new secret.", true
	span.Range = callbacks.Range{From: "2026-11-25T10:00", Until: "2026-11-25T09:00", Errors: []ui.Problem{{Field: "until", Text: "Until: must not lie before the beginning.", Guide: help.At("callback-range")}}}
	detail := callbacks.Detail{Page: office("ISSUED", "/callbacks"), Delivery: delivery, Back: "#", Body: `{"eventId":"` + offer + `"}`, MayAct: true}
	tried := detail
	tried.Attempts = []callbacks.Attempt{{At: "25 Nov 2026, 10:14", Took: "12 ms", Result: "HTTP 500", Response: "<h1>Oops</h1>"}}
	return []Sample{
		of("callbacks-none", callbacks.ListPage, list), of("callbacks-list", callbacks.ListPage, full), of("callbacks-errors", callbacks.ListPage, faulty),
		of("callbacks-show", callbacks.ShowPage, show), of("callbacks-show-empty", callbacks.ShowPage, empty), of("callbacks-show-secret", callbacks.ShowPage, once),
		of("callbacks-show-range", callbacks.ShowPage, span), of("callbacks-delivery", callbacks.DetailPage, tried), of("callbacks-delivery-new", callbacks.DetailPage, detail),
	}
}

func systemSamples() []Sample {
	check := func(name string, status ui.Status, fix string) system.Check {
		return system.Check{Name: name, Found: "What was found.", Fix: fix, Status: status}
	}
	well := system.Group{ID: "ok", Title: "In order", Checks: []system.Check{check("Public address", ui.Status{Word: "OK", Tone: ui.Good}, "")}}
	show := system.Show{Page: office("System", "/system"), Verdict: "Nothing stands in the way.", Ready: true, At: "Checked on 25 Nov 2026, 10:14:03.", Groups: []system.Group{well}, MayRun: true}
	not := show
	not.Verdict, not.Ready, not.Groups = "Not ready. To fix: 1.", false, []system.Group{
		{ID: "failed", Title: "To fix", Checks: []system.Check{check("Certificates", ui.Status{Word: "Failed", Tone: ui.Bad, Guide: help.At("check-certificates")}, "Have the certificate renewed.")}},
		{ID: "warning", Title: "To look at", Checks: []system.Check{check("Mode", ui.Status{Word: "Warning", Tone: ui.Warn, Guide: help.At("check-mode")}, "Start with counterfoil serve.")}}, well,
	}
	return []Sample{of("system-ready", system.Page, show), of("system-not-ready", system.Page, not)}
}

func problemSamples() []Sample {
	show := problem.Show{Page: counter("This page does not exist", ""), Text: "The address may be mistyped, or what was here is gone.", RequestID: request, Help: help.At("not-found")}
	show.Page.Narrow = true
	back, again, nobody, out := show, show, show, show
	back.Back, again.Again, nobody.Page.Person = "#", "#", ""
	out.SignIn, out.Page.Person, out.Help = "#", "", help.At("signed-out")
	return []Sample{
		of("problem-missing", problem.Page, show), of("problem-back", problem.Page, back), of("problem-again", problem.Page, again), of("problem-nobody", problem.Page, nobody),
		of("problem-signed-out", problem.Page, out),
	}
}

// officeSamples are the pages of who looks after the installation, and where everybody's day begins.
func officeSamples() (all []Sample) {
	for _, area := range [][]Sample{homeSamples(), typeSamples(), certificateSamples(), callbackSamples(), systemSamples(), problemSamples()} {
		all = append(all, area...)
	}
	return all
}
