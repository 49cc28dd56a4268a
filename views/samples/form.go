package samples

import (
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
	for at, text := range map[int]string{0: "Please fill this in.", 1: "There is no such day. Fill in day, month and year; the year has four digits."} {
		wrong.Groups[0].Fields[at].Error = text
	}
	wrong.Groups[0].Fields[1].Day, wrong.Groups[0].Fields[1].Month, wrong.Groups[0].Fields[1].Year = "31", "2", "1999"
	wrong.Groups[1].Fields[0].Value, wrong.Groups[1].Fields[0].Error = "DE88 3704 0044 0532 0130 00", "The check digits do not match. Look at the IBAN again."
	for _, g := range wrong.Groups {
		for _, f := range g.Fields {
			if f.Error != "" {
				wrong.Errors = append(wrong.Errors, offers.Error{Href: "#" + f.Name, Text: f.Label + ": " + f.Error})
			}
		}
	}
	cut := form()
	cut.Groups[0].Fields[2].Value, cut.Groups[0].Fields[2].Crop = portrait, &offers.Crop{Whole: portrait, Zoom: 20, Across: 50, Down: 35}
	cut.Preview.Facts = []offers.Fact{{Label: "Portrait", Picture: portrait}}
	draft := form()
	draft.Restored, draft.Groups[0].Fields[0].Value = "14:03", "Erika Mustermann"
	draft.Preview.Facts, draft.Preview.Saved = []offers.Fact{{Label: "Name", Value: "Erika Mustermann"}}, "14:05"
	draft.Preview.Card.LogoElsewhere, draft.Preview.Card.Contrast = true, "3.1"
	return []Sample{of("form", offers.FormPage, form()), of("form-errors", offers.FormPage, wrong), of("form-draft", offers.FormPage, draft), of("form-crop", offers.FormPage, cut)}
}
