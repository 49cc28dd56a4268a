package landing

import (
	"fmt"
	"time"
)

// Text is everything that the page says, in one language.
type Text struct {
	Lang   string
	States map[State]Say
	// Valid says how long the offer is still good.
	Valid func(left time.Duration) string
	// From stands before the issuer, Open on the recommended link, Others above the rest, Wallets on each of them by its scheme.
	From, Code, Open, Others, OthersHelp string
	Wallets                              map[string]string
	Paste, PasteHelp                     string
	// Without is for who has no wallet, Steps what to do.
	Without, WithoutHelp string
	Steps                []string
	Support              string
}

// Say is what the page says of a state.
type Say struct{ Heading, Lead string }

// English is the page in English.
func English() Text {
	return Text{
		Lang: "en",
		States: map[State]Say{
			Open:      {"Add it to your wallet", "Open it on the phone that has your wallet."},
			Opened:    {"Go on in your wallet", "A wallet has opened this offer. If it was yours, go on there. If it was not, tell the staff at once."},
			Pending:   {"Not ready yet", "Somebody has to approve this first. Ask the staff, and open this page again."},
			Redeemed:  {"Your wallet is collecting it", "This offer was used just now. Look into your wallet. If it was not you, tell the staff at once."},
			Issued:    {"Your wallet has it", "This offer was used. Look into your wallet. If it is not there, tell the staff at once."},
			Expired:   {"Time ran out", "This offer is no longer valid, and nothing was issued. Ask the staff for a new one."},
			Withdrawn: {"No longer offered", "This offer was withdrawn, and nothing was issued. Ask the staff for a new one."},
			Missing:   {"There is no offer here", "The address may be mistyped, or the offer is long over. Scan the code once more, or ask the staff."},
			Crowded:   {"Too many at once", "Wait a minute, then open this page again."},
			Away:      {"Not now", "Wait a moment, then open this page again. Nothing was lost."},
			Broken:    {"Something went wrong here", "Open this page again. If it stays like this, ask the staff."},
		},
		Valid: englishValid,
		From:  "From",
		Code:  "Your wallet will ask for a code. You get it from the staff, not on this page. Tell it to nobody, also not on the phone.",
		Open:  "Open in my wallet", Others: "Nothing happens?", OthersHelp: "Your wallet may listen to another kind of link. Try these:",
		Wallets: map[string]string{
			"openid-credential-offer": "Any other wallet", "haip-vci": "Wallet with high assurance", "eu-eaa-offer": "EU Digital Identity Wallet",
		},
		Paste: "Or copy this link", PasteHelp: "Some wallets have a place to paste it.",
		Without:     "No wallet yet?",
		WithoutHelp: "An EU Digital Identity Wallet (EUDI Wallet) is an app for your phone. It keeps documents such as this one, and shows them only when you say so.",
		Steps: []string{
			"Ask the staff which wallet apps fit, or look up the wallet of your country.",
			"Install it from the app store of your phone and set it up. Have your identity document at hand.",
			"Open this page again. If the time has run out, the staff make a new offer.",
		},
		Support: "For support: request",
	}
}

func englishValid(left time.Duration) string {
	const aFewHours = 2
	minutes, hours := int(left.Minutes()), int(left.Hours())
	switch {
	case minutes < 1:
		return "Valid for less than a minute."
	case minutes == 1:
		return "Valid for one more minute."
	case hours < aFewHours:
		return fmt.Sprintf("Valid for %d more minutes.", minutes)
	}
	return fmt.Sprintf("Valid for more than %d hours.", hours)
}
