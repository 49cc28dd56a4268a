package samples

import (
	"time"

	"counterfoil/static"
	"counterfoil/views/landing"
)

func landingSamples() []Sample {
	show := func(s landing.State) landing.Show {
		return landing.Show{
			State: s, Stylesheets: []string{static.URL("css/app.css")}, Icon: static.URL("img/favicon.svg"), Issuer: bank,
			Languages: []landing.Language{{Tag: "de", Name: "Deutsch", Href: "?lang=de"}, {Tag: "fr", Name: "Français", Href: "?lang=fr"}},
		}
	}
	open := func(s landing.State, left time.Duration, code bool) landing.Show {
		page := show(s)
		page.Offer = &landing.Offer{Credential: "Person identification data", Left: left, Code: code}
		for _, scheme := range []string{"openid-credential-offer", "haip-vci", "eu-eaa-offer"} {
			page.Offer.Links = append(page.Offer.Links, landing.Link{Scheme: scheme, URI: scheme + "://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Foidc4vci%2Foffers%2F" + offer})
		}
		return page
	}
	broken := show(landing.Broken)
	broken.RequestID = request
	return []Sample{
		of("landing-open", landing.Page, open(landing.Open, 4*time.Minute, false)),
		of("landing-open-code", landing.Page, open(landing.Open, 9*time.Hour, true)),
		of("landing-open-last-minute", landing.Page, open(landing.Open, 30*time.Second, false)),
		of("landing-opened", landing.Page, open(landing.Opened, 90*time.Second, true)),
		of("landing-pending", landing.Page, show(landing.Pending)),
		of("landing-redeemed", landing.Page, show(landing.Redeemed)),
		of("landing-issued", landing.Page, show(landing.Issued)),
		of("landing-expired", landing.Page, show(landing.Expired)),
		of("landing-withdrawn", landing.Page, show(landing.Withdrawn)),
		of("landing-missing", landing.Page, show(landing.Missing)),
		of("landing-crowded", landing.Page, show(landing.Crowded)),
		of("landing-away", landing.Page, show(landing.Away)),
		of("landing-broken", landing.Page, broken),
	}
}
