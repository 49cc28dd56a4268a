package landing

import (
	"context"
	"time"

	"counterfoil/views/i18n"
)

// say is what the page says of a state: a heading, and what to do.
func say(ctx context.Context, s State) (heading, lead string) {
	switch s {
	case Open:
		return i18n.T(ctx, "Add it to your wallet"), i18n.T(ctx, "Open it on the phone that has your wallet.")
	case Opened:
		return i18n.T(ctx, "Go on in your wallet"),
			i18n.T(ctx, "A wallet has opened this offer. If it was yours, go on there. If it was not, tell the staff at once.")
	case Pending:
		return i18n.T(ctx, "Not ready yet"), i18n.T(ctx, "Somebody has to approve this first. Ask the staff, and open this page again.")
	case Redeemed:
		return i18n.T(ctx, "Your wallet is collecting it"),
			i18n.T(ctx, "This offer was used just now. Look into your wallet. If it was not you, tell the staff at once.")
	case Issued:
		return i18n.T(ctx, "Your wallet has it"), i18n.T(ctx, "This offer was used. Look into your wallet. If it is not there, tell the staff at once.")
	case Expired:
		return i18n.T(ctx, "Time ran out"), i18n.T(ctx, "This offer is no longer valid, and nothing was issued. Ask the staff for a new one.")
	case Withdrawn:
		return i18n.T(ctx, "No longer offered"), i18n.T(ctx, "This offer was withdrawn, and nothing was issued. Ask the staff for a new one.")
	case Missing:
		return i18n.T(ctx, "There is no offer here"),
			i18n.T(ctx, "The address may be mistyped, or the offer is long over. Scan the code once more, or ask the staff.")
	case Crowded:
		return i18n.T(ctx, "Too many at once"), i18n.T(ctx, "Wait a minute, then open this page again.")
	case Away:
		return i18n.T(ctx, "Not now"), i18n.T(ctx, "Wait a moment, then open this page again. Nothing was lost.")
	case Broken:
	}
	return i18n.T(ctx, "Something went wrong here"), i18n.T(ctx, "Open this page again. If it stays like this, ask the staff.")
}

// valid says how long the offer is still good.
func valid(ctx context.Context, left time.Duration) string {
	const aFewHours = 2
	minutes, hours := int(left.Minutes()), int(left.Hours())
	switch {
	case minutes < 1:
		return i18n.T(ctx, "Valid for less than a minute.")
	case hours < aFewHours:
		return i18n.T(ctx, "Valid for %d more minutes.", minutes)
	}
	return i18n.T(ctx, "Valid for more than %d hours.", hours)
}

// wallets says which wallet listens to links of a scheme.
func wallets(ctx context.Context, scheme string) string {
	switch scheme {
	case "haip-vci":
		return i18n.T(ctx, "Wallet with high assurance")
	case "eu-eaa-offer":
		return i18n.T(ctx, "EU Digital Identity Wallet")
	}
	return i18n.T(ctx, "Any other wallet")
}
