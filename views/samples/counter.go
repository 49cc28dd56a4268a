package samples

import (
	"counterfoil/views/demowallet"
	"counterfoil/views/display"
	"counterfoil/views/help"
	"counterfoil/views/i18n"
	"counterfoil/views/layout"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
)

func staffPage(title string) layout.Page {
	return layout.Page{Title: title, Person: clerk, Brand: layout.Brand{Name: bank}}
}

func counterSamples() []Sample {
	told := offers.Step{Tone: "note", Title: "Bank’s systems told: offer made", Time: "14:03:07", Exact: "2026-11-25T13:03:07Z"}
	shown := offers.Step{Title: "QR code shown", Time: "14:03:07", Exact: "2026-11-25T13:03:07Z"}
	next := offers.Step{Tone: "now", Title: "Phone connects"}
	later := offers.Step{Tone: "todo", Title: "Code is accepted"}
	wrong := offers.Step{Tone: "bad", Title: "Wrong code typed", Guide: help.At("wrong-code"), Detail: "3 more tries are left.", Time: "14:04:01", Exact: "2026-11-25T13:04:01Z"}
	live := offers.Live{
		ID: offer, Open: true, QR: counterQR, Modules: modules, URI: offerURI,
		Left: 581, LeftText: "9:41", Code: offers.Code{ID: offer, Number: 1, Asked: true, Length: 6}, MayAct: true, MayRepeat: true,
		Record: "/offers/" + offer + "/record", MayCorrect: true,
		Display: offers.Display{May: true, Offer: offer, Status: ui.Status{Word: "Customer display: connected", Tone: ui.Good}, Connected: true, Shows: true},
		Say:     "Ask the customer to open the wallet and scan the code.", Steps: []offers.Step{shown, told, next, later},
		Support: []string{"Offer " + offer, "2026-11-25T13:03:07Z offer.created"},
	}
	counter := func(name string, change func(*offers.Counter)) Sample {
		c := offers.Counter{Page: staffPage("Person identification data"), ID: offer, Type: "Person identification data", Reference: "Account opening 4711", Live: live}
		change(&c)
		return of(name, offers.CounterPage, c)
	}
	over := func(result offers.Result, change func(*offers.Live)) func(*offers.Counter) {
		return func(c *offers.Counter) {
			c.Live.Open, c.Live.Over, c.Live.Ended, c.Live.MayRepeat, c.Live.MayCorrect, c.Live.Result, c.Live.Steps = false, true, true, false, false, result, []offers.Step{shown, told}
			change(&c.Live)
		}
	}
	return []Sample{
		counter("counter-ready", func(*offers.Counter) {}),
		counter("counter-connected", func(c *offers.Counter) {
			c.Live.Connected, c.Live.Say = true, "Read the code to the customer, who types it into the wallet."
			c.Live.Result = offers.Result{Sign: "✓", Title: "Phone connected", Text: "The QR code is put away, so that no other phone scans it."}
			c.Live.Steps = []offers.Step{shown, told, {Title: "Phone connected", Time: "14:03:31", Exact: "2026-11-25T13:03:31Z"}, {Tone: "now", Title: "Code is accepted"}}
		}),
		counter("counter-pending", func(c *offers.Counter) {
			c.Live.Open, c.Live.Waits, c.Live.MayRepeat, c.Live.Say = false, true, false, "A colleague has to approve this first."
			c.Live.Result = offers.Result{Sign: "…", Title: "Waiting for a colleague to approve", Text: "Until 26 Nov 2026, 14:03.", Tone: "quiet"}
			c.Live.Steps = []offers.Step{told, {Tone: "note", Title: "Approval asked for", Time: "14:03:07", Exact: "2026-11-25T13:03:07Z"}, {Tone: "now", Title: "A colleague approves it"}, later}
		}),
		counter("counter-code-shown", func(c *offers.Counter) {
			c.Live.Code.Revealed, c.Live.Code.Number, c.Before = "123 456", 2, "/offers/before"
		}),
		counter("counter-wrong-code", func(c *offers.Counter) {
			c.Live.Say, c.Live.Steps = "", []offers.Step{shown, told, wrong, later}
			c.Live.Advice = offers.Advice{
				Happened: "The code that was typed is wrong. 3 more tries are left.", Tell: "The code was not right. I read it out once more, digit by digit.",
				Do: "Show the code and read it out slowly. If somebody else may have heard it, press “New code”.", Help: help.At("wrong-code"),
			}
			c.Live.Display = offers.Display{May: true, Offer: offer, Status: ui.Status{Word: "Customer display disconnected", Tone: ui.Bad, Guide: help.At("display-lost")}}
		}),
		counter("counter-stored", over(offers.Result{Sign: "✓", Title: "Stored in the wallet", Text: "All done."}, func(l *offers.Live) {
			l.Say, l.Home, l.HomeText = "Done. The credential is in the wallet.", 600, "10:00" // so long that nobody is led away from the sample
		})),
		counter("counter-expired", over(offers.Result{Sign: "!", Title: "Expired", Text: "The QR code no longer works.", Tone: "bad"}, func(l *offers.Live) {
			l.MayRepeat = true
			l.Advice = offers.Advice{
				Happened: "Time ran out before the phone collected the credential. Nothing was issued.", Tell: "That took too long, and nothing is lost. We try it once more.",
				Do: "Press “Show again”. After 15 minutes the data is gone: then make a new offer.", Help: help.At("expired"),
			}
		})),
		counter("counter-replaced", over(offers.Result{Sign: "→", Title: "Shown again", Text: "A new offer took the place of this one.", Tone: "quiet"}, func(l *offers.Live) {
			l.Say, l.After = "This offer was shown again. Go on with the new one.", "/offers/after"
		})),
	}
}

func displaySamples() []Sample {
	face := func(name string, live display.Live) Sample {
		return of(name, display.Page, display.Show{Page: layout.Page{Title: bank, Brand: layout.Brand{Name: bank}}, Paired: live.Code == "", Live: live})
	}
	pair := display.Pair{Page: staffPage("Customer display"), Address: "https://portal.example/display"}
	pair.Page.Narrow = true
	for _, l := range i18n.Customer() {
		pair.Languages = append(pair.Languages, display.Language{Tag: l.Tag, Name: l.Name, Chosen: l.Tag == "en"})
	}
	wrong := pair
	wrong.Code, wrong.Error = "AAA 222", "No display shows this code. Read it once more: after ten minutes a display shows another one."
	wrong.Guide = help.At("pairing-code")
	wrong.Status = ui.Status{Word: "Customer display: connected", Tone: ui.Good}
	return []Sample{
		face("display-code", display.Live{Code: "QJE JGE"}),
		face("display-idle", display.Live{Message: display.Message{Title: "Welcome"}}),
		face("display-scan", display.Live{
			QR: displayQR, Modules: modules, Steps: []string{"Open your wallet", "Scan this code", "Enter the code you are given"}, Left: 581, LeftText: "9:41",
		}),
		face("display-connected", display.Live{Message: display.Message{Sign: "✓", Title: "Phone connected", Text: "Enter the 6-digit code you were given."}}),
		face("display-connected-policy", display.Live{Message: display.Message{Sign: "✓", Title: "Phone connected", Text: "Enter this code in your wallet, and only there.", Code: "393 213"}}),
		face("display-creating", display.Live{Message: display.Message{Sign: "•••", Title: "One moment", Text: "Your credential is being made. Leave your wallet open.", Tone: "now"}}),
		face("display-trouble", display.Live{Message: display.Message{Sign: "!", Title: "Please ask the staff", Text: "They will help you.", Tone: "bad"}}),
		of("display-pair", display.PairPage, pair), of("display-pair-wrong", display.PairPage, wrong),
	}
}

func paperSamples() []Sample {
	paper := offers.Paper{Page: staffPage("Print the code"), ID: offer, Issuer: bank, Credential: "Person identification data", Language: "en", Until: "25 Nov 2026, 14:13"}
	for _, l := range i18n.Customer() {
		paper.Languages = append(paper.Languages, offers.Option{Value: l.Tag, Label: l.Name, Selected: l.Tag == "en"})
	}
	handout := paper
	handout.Page = staffPage("Print the hand-out")
	over := paper
	over.Until = ""
	return []Sample{
		of("slip", offers.SlipPage, offers.Slip{Paper: paper, Code: offers.Code{ID: offer, Length: 6}}),
		of("slip-code-shown", offers.SlipPage, offers.Slip{Paper: paper, Code: offers.Code{ID: offer, Length: 6, Revealed: "123 456"}}),
		of("slip-over", offers.SlipPage, offers.Slip{Paper: over}),
		of("handout", offers.HandoutPage, offers.Handout{Paper: handout, QR: handoutQR, TxCode: true}),
	}
}

func walletSamples() []Sample {
	page := demowallet.Show{Page: staffPage("Demo wallet")}
	page.Page.Demo = true
	refused, collected := page, page
	refused.Error, refused.Guide = "The issuer answered invalid_grant: the transaction code is wrong (400).", help.At("demo-wallet-refused")
	collected.Steps = []string{"Offer of https://issuer.example fetched"}
	collected.Credential = &demowallet.Credential{
		Name: "Person identification data", Issuer: bank, ValidUntil: "25 Nov 2027", Disclosable: 3, Claims: []demowallet.Claim{{Name: "Given name", Value: "Erika"}},
	}
	return []Sample{
		of("wallet", demowallet.Page, page), of("wallet-refused", demowallet.Page, refused), of("wallet-collected", demowallet.Page, collected),
	}
}
