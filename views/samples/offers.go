package samples

import (
	"counterfoil/views/approvals"
	"counterfoil/views/help"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
)

// credential is the one that most samples are about.
const credential = "Loan commitment"

func offerSamples() []Sample {
	list := offers.List{
		Page:     staffPage("Offers"),
		Statuses: []offers.Option{{Label: "Any"}, {Value: "pending", Label: "Waits for approval"}, {Value: "ready", Label: "Ready to scan", Selected: true}},
		Types:    []offers.Option{{Label: "Any"}, {Value: "LoanCommitmentCredential", Label: credential}},
		Makers:   []offers.Option{{Label: "Anybody"}, {Value: "1", Label: clerk}, {Value: "back-end", Label: "Back-ends"}},
	}
	with := func(name string, change func(*offers.List)) Sample {
		l := list
		change(&l)
		return of(name, offers.ListPage, l)
	}
	rows := []offers.Row{
		{Href: "/offers/" + offer, Type: credential, Reference: "Loan 4711", By: clerk, Created: "25 Nov 2026, 14:03", Status: ui.Status{Word: "Ready to scan", Tone: ui.Now}},
		{Href: "/offers/" + offer + "/record", Type: credential, Reference: "Loan 4710", By: "core-banking", Created: "25 Nov 2026, 13:58", Status: ui.Status{Word: "Stored", Tone: ui.Good}},
		{Href: "/offers/" + offer + "/record", Type: credential, By: clerk, Created: "25 Nov 2026, 13:41", Status: ui.Status{Word: "Failed", Tone: ui.Bad, Guide: help.At("offer-failed")}},
	}
	return []Sample{
		with("offers-empty", func(*offers.List) {}),
		with("offers-full", func(l *offers.List) {
			l.Rows, l.Filtered, l.Reference, l.Next = rows, true, "loan", "/offers?reference=loan&after=1795615387000."+offer
		}),
		with("offers-filtered-empty", func(l *offers.List) { l.Filtered, l.Reference = true, "nothing" }),
		with("offers-last-page", func(l *offers.List) { l.Later = true }),
		with("offers-errors", func(l *offers.List) {
			l.From, l.To = "2026-11-25", "2026-11-24"
			l.Errors = []ui.Problem{{Field: "to", Text: "The last day lies before the first.", Guide: help.At("search")}}
		}),
		with("offers-customer", func(l *offers.List) { l.Customer, l.Rows, l.After = "4711 0815", rows[1:], "1795615387000."+offer }),
		with("offers-customer-unknown", func(l *offers.List) { l.Customer = "4711 0815" }),
		of("record-open", offers.RecordPage, record(func(r *offers.Record) {
			r.Counter, r.MayCorrect, r.Status = "/offers/"+offer, true, ui.Status{Word: "Ready to scan", Tone: ui.Now}
		})),
		of("record-issued", offers.RecordPage, record(func(r *offers.Record) {
			r.Before, r.After, r.MaySeeDeliveries, r.Status = "/offers/before/record", "/offers/after/record", true, ui.Status{Word: "Stored", Tone: ui.Good}
			r.Credentials = []offers.RecordCredential{{
				ID: "yWSBmKEvyCHgFEi79UpI7Q", Format: "dc+sd-jwt", Issued: "25 Nov 2026, 14:00", Expires: "23 Feb 2027, 14:00",
				Thumbprint: "M-OdoYayqhntfYaHaqCfr9xlWrH5s4Wjtq9efdrSlFQ", Digest: "4f4bf9bec3ee47acaf5658b17d09753c158ecd49a53ce6f92f47a4dc21452c80",
			}}
			r.Deliveries = []offers.RecordDelivery{
				{Href: "/deliveries/1", Event: "OFFER_CREATED", State: ui.Status{Word: "Delivered", Tone: ui.Good}, Attempts: 1, Last: "2026-11-25T13:03:07.120Z", Result: "HTTP 204"},
				{Href: "/deliveries/2", Event: "ISSUED", State: ui.Status{Word: "Given up", Tone: ui.Bad, Guide: help.At("delivery-given-up")}, Attempts: 13, Last: "2026-11-25T13:03:09.004Z", Result: "HTTP 500"},
			}
		})),
		of("record-pending", offers.RecordPage, record(func(r *offers.Record) { r.Counter, r.Review = "/offers/"+offer, "/approvals/"+offer })),
		of("record-problem", offers.RecordPage, record(func(r *offers.Record) {
			r.Problem, r.Guide, r.MaySeeDeliveries = "There is a corrected offer already. Go on with that one.", help.At("already-corrected"), true
			r.Events = append(r.Events, offers.RecordEvent{Sequence: 3, Title: "Time ran out", Kind: "offer.expired", Time: "2026-11-25T13:13:07.000Z", Guide: help.At("expired")})
		})),
	}
}

// record is a record that has hardly begun.
func record(change func(*offers.Record)) offers.Record {
	r := offers.Record{
		Page: staffPage("Record: " + credential), ID: offer, Type: credential, Status: ui.Status{Word: "Waits for approval"},
		Facts: []offers.Fact{{Label: "Offer", Value: offer}, {Label: "Made by", Value: clerk}, {Label: "Reference", Value: "Loan 4711"}},
		Events: []offers.RecordEvent{
			{Sequence: 1, Title: "Offer made", Kind: "offer.created", Time: "2026-11-25T13:03:07.000Z"},
			{Sequence: 2, Title: "Transaction code shown to " + clerk, Kind: "code.revealed", Time: "2026-11-25T13:03:09.541Z", Cause: "shown to " + clerk},
		},
	}
	change(&r)
	return r
}

func approvalSamples() []Sample {
	page := staffPage("Approvals")
	page.Approvals, page.Pending = true, 2
	show := approvals.Show{
		Page: page, ID: offer, Type: credential, Content: "9c1f",
		Facts:  []approvals.Fact{{Name: "Made by", Text: clerk}, {Name: "Waits until", Text: "26 Nov 2026, 14:03"}},
		Claims: []approvals.Claim{{Label: "Borrower", Value: "Erika Mustermann"}, {Label: "Amount", Value: "15000"}},
	}
	with := func(name string, change func(*approvals.Show)) Sample {
		s := show
		change(&s)
		return of(name, approvals.ShowPage, s)
	}
	changed := func(word string) ui.Status { return ui.Status{Word: word, Tone: ui.Warn} }
	const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
	return []Sample{
		of("approvals-empty", approvals.InboxPage, approvals.Inbox{Page: page}),
		of("approvals-full", approvals.InboxPage, approvals.Inbox{Page: page, More: true, Rows: []approvals.Row{
			{Href: "/approvals/" + offer, Type: credential, Reference: "Loan 4711", By: clerk, Asked: "25 Nov 2026, 14:03", Until: "26 Nov 2026, 14:03", Corrects: true},
			{Href: "/approvals/" + offer, Type: credential, By: "Pia Approver", Asked: "25 Nov 2026, 14:05", Until: "26 Nov 2026, 14:05", Own: true},
		}}),
		with("approval", func(*approvals.Show) {}),
		with("approval-own", func(s *approvals.Show) { s.Own = true }),
		with("approval-changed", func(s *approvals.Show) {
			s.Corrects, s.Compared = "/offers/before/record", true
			s.Claims = []approvals.Claim{
				{Label: "Borrower", Value: "Erika Mustermann", Before: "Erika Mustermann"}, {Label: "Amount", Value: "15000", Before: "20000", Change: changed("Changed")},
				{Label: "Portrait", Value: pixel, Change: changed("Added"), Picture: true}, {Label: "Purpose", Before: "Kitchen", Change: changed("Removed")},
			}
		}),
		with("approval-not-compared", func(s *approvals.Show) { s.Corrects, s.Corrected = "/offers/before/record", "/offers/after/record" }),
		with("approval-problem", func(s *approvals.Show) {
			s.Problem, s.Guide = "This is not the offer that you were shown. Look through it and decide again.", help.At("content-changed")
		}),
		with("approval-errors", func(s *approvals.Show) { s.ReasonError, s.Guide = "Please say why.", help.At("approval-reason") }),
	}
}
