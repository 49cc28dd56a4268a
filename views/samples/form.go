package samples

import (
	"fmt"

	"counterfoil/views/help"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
)

// portrait is a drawing of somebody, in the shape of a passport photo.
const portrait = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEYAAABaAQMAAAA/9LInAAAABlBMVEW+zddaaXika+QGAAAAoklEQVR42szRsQ3CMBSEYaIUKTNCRvFiSMloHiUjpEyB+BH2JWeQBS4ocPU19/x8vvzvuR7oWaSRVQrs0sxNgntGBxxRFLYGIL5pBI22JmBrUAAt82u1blDbvvbKWhvuyv0Vnbpnd+//8B99Ps6ed3gD7+yXz6AVQJFnIEeGpKhoDk9J24tC0q5xeWBCGniqy6JULy2FBil+0SitrXoEAAD//8R1RXam1BhNAAAAAElFTkSuQmCC"

// formSamples are the form of a new offer: a field of every kind, with nothing in it, with what is wrong, and filled from a draft.
func formSamples() []Sample {
	list := func(values ...offers.Option) []offers.Choices { return []offers.Choices{{Options: values}} }
	countries := []offers.Choices{
		{Label: "EU and EEA", Options: []offers.Option{{Value: "DE", Label: "Germany"}}}, {Label: "Other countries", Options: []offers.Option{{Value: "CH", Label: "Switzerland"}}},
	}
	yesNo := list(offers.Option{Value: "true", Label: "Yes"}, offers.Option{Value: "false", Label: "No"})
	form := func() offers.Form {
		return offers.Form{
			Page: staffPage("New offer: Business account"), Type: "Business", Name: "Business account", Token: "t", TxCode: true, Length: 6, Upload: true, MaxUpload: "5 MB",
			Groups: []offers.Group{{Label: "Person", Fields: []offers.Field{
				{Name: "claim.name", Label: "Name", Kind: "text", Required: true, Max: 100, Help: "As in the document"},
				{Name: "claim.birth_date", Label: "Date of birth", Kind: "date", Required: true},
				{Name: "claim.portrait", Label: "Portrait", Kind: "picture", MaxUpload: "5 MB"},
				{Name: "claim.nationalities", Label: "Nationalities", Kind: "list", Required: true, Rows: []offers.ListRow{{Label: "Nationalities 1", Fields: []offers.Field{
					{Name: "claim.nationalities.0", Label: "Nationalities 1", Kind: "select", Required: true, Choices: countries, Titled: true},
				}}}},
			}}, {Label: "Account", Fields: []offers.Field{
				{Name: "claim.iban", Label: "IBAN", Kind: "text", Required: true, Max: 42},
				{Name: "claim.limit", Label: "Limit", Kind: "text", Mode: "decimal"},
				{Name: "claim.sole", Label: "Signs alone", Kind: "radios", Required: true, Choices: yesNo},
				{Name: "claim.branch", Label: "Branch of trade", Kind: "suggest", Choices: list(offers.Option{Value: "Bakery", Label: "Bakery"})},
				{Name: "claim.purpose", Label: "Purpose", Kind: "long", Max: 2000},
			}}},
			Preview: offers.Preview{Action: "/offers/new/Business", Card: ui.Card{
				Name: "Business account", Description: "That you may sign for it", Issuer: bank, Background: "#0f5257", Text: "#ffffff",
			}},
		}
	}
	wrong := form()
	wrong.Page.Title = "Error: " + wrong.Page.Title
	wrong.Groups[0].Fields[0].Error, wrong.Groups[0].Fields[0].Guide = "Please fill this in.", help.At("empty-field")
	wrong.Groups[0].Fields[1].Error = "There is no such day. Fill in day, month and year; the year has four digits."
	wrong.Groups[0].Fields[1].Guide = help.At("date")
	wrong.Groups[0].Fields[1].Day, wrong.Groups[0].Fields[1].Month, wrong.Groups[0].Fields[1].Year = "31", "2", "1999"
	wrong.Groups[1].Fields[0].Value, wrong.Groups[1].Fields[0].Error = "DE88 3704 0044 0532 0130 00", "The check digits do not match. Look at the IBAN again."
	wrong.Groups[1].Fields[0].Guide = help.At("iban")
	for _, g := range wrong.Groups {
		for _, f := range g.Fields {
			if f.Error != "" {
				wrong.Errors = append(wrong.Errors, ui.Problem{Field: f.Name, Text: f.Label + ": " + f.Error, Guide: f.Guide})
			}
		}
	}
	wrong.Errors = append(wrong.Errors, ui.Problem{Field: "reference", Text: "Your reference: Write at most 200 characters on one line.", Guide: help.At("reference")},
		ui.Problem{Text: "This page was open for too long or not whole. Look it through and send it again.", Guide: help.At("form-again")})
	wrong.Approval, wrong.Nobody = "A colleague has to approve this offer.", "At the moment nobody else may approve: tell the administrator."
	cut := form()
	cut.Groups[0].Fields[2].Value, cut.Groups[0].Fields[2].Crop = portrait, &offers.Crop{Whole: portrait, Zoom: 20, Across: 50, Down: 35}
	cut.Preview.Facts = []offers.Fact{{Label: "Portrait", Picture: portrait}}
	draft := form()
	draft.Restored, draft.Groups[0].Fields[0].Value = "14:03", "Erika Mustermann"
	draft.Preview.Facts, draft.Preview.Saved = []offers.Fact{{Label: "Name", Value: "Erika Mustermann"}}, "14:05"
	draft.Preview.Card.LogoElsewhere, draft.Preview.Card.Contrast = true, "3.1"
	return []Sample{of("form", offers.FormPage, form()), of("form-errors", offers.FormPage, wrong), of("form-draft", offers.FormPage, draft), of("form-crop", offers.FormPage, cut), of("form-nested", offers.FormPage, nestedForm(form()))}
}

// nestedForm is a form with lists in the rows of a list, one of them empty and one with a fault, and with the fixed places of another.
func nestedForm(form offers.Form) offers.Form {
	phone := func(address, i int, wrong string) offers.ListRow {
		label := fmt.Sprintf("Phones %d", i+1)
		row := offers.ListRow{Label: label, In: fmt.Sprintf("Addresses %d", address+1), Fields: []offers.Field{
			{Name: fmt.Sprintf("claim.addresses.%d.phones.%d.number", address, i), Label: "Number", Kind: "tel", Required: true, Max: 30, Error: wrong, Guide: help.At("empty-field")},
			{Name: fmt.Sprintf("claim.addresses.%d.phones.%d.use", address, i), Label: "Used for", Kind: "text", Max: 100},
		}}
		row.Remove = fmt.Sprintf("remove claim.addresses.%d.phones.%d", address, i)
		return row
	}
	address := func(i int, phones ...offers.ListRow) offers.ListRow {
		label, name := fmt.Sprintf("Addresses %d", i+1), fmt.Sprintf("claim.addresses.%d", i)
		return offers.ListRow{Label: label, Remove: "remove " + name, Fields: []offers.Field{
			{Name: name + ".street", Label: "Street", Kind: "text", Required: true, Max: 100},
			{Name: name + ".town", Label: "Town", Kind: "text", Max: 100},
			{Name: name + ".phones", Label: "Phones", In: label, Kind: "list", Rows: phones},
		}}
	}
	const wrong = "Please fill this in."
	form.Groups = []offers.Group{
		{Label: "Addresses", Fields: []offers.Field{{Name: "claim.addresses", Label: "Addresses", Kind: "list", Required: true, Titled: true, Rows: []offers.ListRow{
			address(0, phone(0, 0, ""), phone(0, 1, wrong)), address(1),
		}}}},
		{Label: "Signatories", Fields: []offers.Field{
			{Name: "claim.signatories.0", Label: "First signatory", Kind: "text", Required: true, Max: 100},
			{Name: "claim.signatories.1", Label: "Second signatory", Kind: "text", Max: 100},
		}},
	}
	form.Errors = []ui.Problem{{Field: "claim.addresses.0.phones.1.number", Text: "Addresses 1, Phones 2, Number: " + wrong, Guide: help.At("empty-field")}}
	form.Page.Title = "Error: " + form.Page.Title
	return form
}
