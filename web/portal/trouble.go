package portal

import (
	"context"

	"counterfoil/internal/issuance"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
)

// trouble is one way in which a credential does not come to its customer as it should.
type trouble int

const (
	fine trouble = iota

	// Silence.
	noPhone
	notGoneOn
	notCollected

	// Ends.
	expired
	locked
	walletFailed
	walletDeleted

	// What a wallet was refused.
	wrongCode
	codeMissing
	codeUnexpected
	tooEarly
	offerOver
	typeGone
	tooLate
	clockOff
	stale
	otherType
	badProof
	badRequest
	badReport
	ourFault

	// The back-end.
	backEndHeld
	backEndRefused
	backEndGivenUp
	backEndGone

	troubles // how many there are
)

// advice says of a trouble what happened, what to say to the customer and what to do. It is the only place that does.
func advice(ctx context.Context, t trouble) offers.Advice {
	return map[trouble]offers.Advice{
		noPhone: {
			Happened: i18n.T(ctx, "The QR code has been on the screen for a minute, and no phone has come."),
			Tell:     i18n.T(ctx, "Please open your wallet app and hold the phone so that it sees the whole code."),
			Do:       i18n.T(ctx, "See that the wallet app is open and the phone has a network. Otherwise print the hand-out, or copy the link."),
		},
		notGoneOn: {
			Happened: i18n.T(ctx, "The phone connected but has not gone on for a minute."),
			Tell:     i18n.T(ctx, "What does your phone show? Please go on there."),
			Do:       i18n.T(ctx, "If the wallet asks for a code, tell the code. If it shows an error, press “New QR code”."),
		},
		notCollected: {
			Happened: i18n.T(ctx, "The code was accepted, but the phone has not collected the credential for a minute."),
			Tell:     i18n.T(ctx, "Please leave the wallet app open, and look whether your phone has a network."),
			Do:       i18n.T(ctx, "Wait until the time runs out; then press “Show again”."),
		},
		expired: {
			Happened: i18n.T(ctx, "Time ran out before the phone collected the credential. Nothing was issued."),
			Tell:     i18n.T(ctx, "That took too long, and nothing is lost. We try it once more."),
			Do:       i18n.T(ctx, "Press “Show again”. After 15 minutes the data is gone: then make a new offer."),
		},
		locked: {
			Happened: i18n.T(ctx, "The offer is blocked: too many wrong codes were typed. Nothing was issued."),
			Tell:     i18n.T(ctx, "For your safety we begin again. May I see your identity document once more?"),
			Do:       i18n.T(ctx, "Check that you speak to the right person. Then press “Show again” and tell the new code."),
		},
		walletFailed: {
			Happened: i18n.T(ctx, "The phone got the credential, but its wallet could not store it."),
			Tell:     i18n.T(ctx, "Your wallet could not store the credential. Is the app up to date, and is there room on the phone?"),
			Do:       i18n.T(ctx, "When that is mended, make a new offer. If it fails again, another wallet is needed."),
		},
		walletDeleted: {
			Happened: i18n.T(ctx, "The customer did not keep the credential: the wallet says that it was declined or deleted."),
			Tell:     i18n.T(ctx, "Your wallet says that you did not keep the credential. Would you like to have it?"),
			Do:       i18n.T(ctx, "If so, make a new offer. If not, there is nothing more to do."),
		},
		wrongCode: {
			Happened: i18n.T(ctx, "The code that was typed is wrong."),
			Tell:     i18n.T(ctx, "The code was not right. I read it out once more, digit by digit."),
			Do:       i18n.T(ctx, "Show the code and read it out slowly. If somebody else may have heard it, press “New code”."),
		},
		codeMissing: {
			Happened: i18n.T(ctx, "The wallet did not send the transaction code."),
			Tell:     i18n.T(ctx, "Please start again in your wallet, and type the code when it asks for it."),
			Do:       i18n.T(ctx, "If the wallet never asks for a code, it cannot collect this offer: another wallet is needed."),
		},
		codeUnexpected: {
			Happened: i18n.T(ctx, "The wallet sent a transaction code, but this offer has none."),
			Tell:     i18n.T(ctx, "Please start again in your wallet, and leave the code empty."),
			Do:       i18n.T(ctx, "Let the customer scan the QR code once more."),
		},
		tooEarly: {
			Happened: i18n.T(ctx, "The phone came before a colleague approved the offer."),
			Tell:     i18n.T(ctx, "We are not quite ready. Please close the request in your wallet for a moment."),
			Do:       i18n.T(ctx, "Ask the colleague to approve it. Then the customer scans the code that appears."),
		},
		offerOver: {
			Happened: i18n.T(ctx, "The phone came with an offer that was used or has ended."),
			Tell:     i18n.T(ctx, "Please close the old request in your wallet, and scan the code on the screen."),
			Do:       i18n.T(ctx, "See that this screen still shows a QR code. If not, press “Show again” or make a new offer."),
		},
		typeGone: {
			Happened: i18n.T(ctx, "This credential is no longer issued here."),
			Tell:     i18n.T(ctx, "We cannot give you this credential at the moment. I will find out when we can."),
			Do:       i18n.T(ctx, "Call IT: the credential type was taken away."),
		},
		tooLate: {
			Happened: i18n.T(ctx, "The phone waited too long after its code was accepted."),
			Tell:     i18n.T(ctx, "That took too long, and nothing is lost. We try it once more."),
			Do:       i18n.T(ctx, "Press “Show again”, and ask the customer to leave the wallet app open."),
		},
		clockOff: {
			Happened: i18n.T(ctx, "Phone and server disagree about the time."),
			Tell:     i18n.T(ctx, "Please see that your phone sets its time by itself, and try once more."),
			Do:       i18n.T(ctx, "If the phone’s time is right, call IT: the server’s clock may be wrong."),
		},
		stale: {
			Happened: i18n.T(ctx, "The phone’s request was too old, or it came twice."),
			Tell:     i18n.T(ctx, "Please try once more in your wallet."),
			Do:       i18n.T(ctx, "Nothing is wrong with the offer. If it happens again, press “New QR code”."),
		},
		otherType: {
			Happened: i18n.T(ctx, "The wallet asked for another credential than the one of this offer."),
			Tell:     i18n.T(ctx, "Please close the old request in your wallet, and scan the code on the screen."),
			Do:       i18n.T(ctx, "If it happens again, this wallet does not fit: use an EU Digital Identity Wallet."),
		},
		badProof: {
			Happened: i18n.T(ctx, "The phone could not prove its key in the way that the bank asks for."),
			Tell:     i18n.T(ctx, "Please bring your wallet app up to date, and try once more."),
			Do:       i18n.T(ctx, "If it happens again, this wallet or phone does not fit: use an EU Digital Identity Wallet."),
		},
		badRequest: {
			Happened: i18n.T(ctx, "The phone’s request was refused: this wallet does not speak as an EU Digital Identity Wallet does."),
			Tell:     i18n.T(ctx, "Please try once more. If it does not work, do you have another wallet app?"),
			Do:       i18n.T(ctx, "Use an EU Digital Identity Wallet. For support, copy the details below."),
		},
		badReport: {
			Happened: i18n.T(ctx, "The credential was delivered, but what the wallet reported afterwards made no sense."),
			Tell:     i18n.T(ctx, "Please look into your wallet: is the credential there?"),
			Do:       i18n.T(ctx, "If it is there, you are done. If not, make a new offer."),
		},
		ourFault: {
			Happened: i18n.T(ctx, "Something went wrong on the bank’s side, not on the phone. Nothing was lost."),
			Tell:     i18n.T(ctx, "Our system has a problem at the moment. Please try once more in your wallet."),
			Do:       i18n.T(ctx, "If it happens again, call IT and copy the details below to them."),
		},
		backEndHeld: {
			Happened: i18n.T(ctx, "The bank’s own systems do not know yet: telling them is switched off."),
			Tell:     i18n.T(ctx, "Nothing: the customer’s credential is not touched by this."),
			Do:       i18n.T(ctx, "Tell IT that callbacks are switched off. What waits is sent later."),
		},
		backEndRefused: {
			Happened: i18n.T(ctx, "The bank’s own systems do not know yet: they do not answer, or refuse."),
			Tell:     i18n.T(ctx, "Nothing: the customer’s credential is not touched by this."),
			Do:       i18n.T(ctx, "Nothing: it is tried again by itself. If it stays, tell IT."),
		},
		backEndGivenUp: {
			Happened: i18n.T(ctx, "The bank’s own systems were not told: every try failed."),
			Tell:     i18n.T(ctx, "Nothing: the customer’s credential is not touched by this."),
			Do:       i18n.T(ctx, "Tell IT to send it again from the callbacks page."),
		},
		backEndGone: {
			Happened: i18n.T(ctx, "The bank’s own systems were not told: the callback endpoint was deleted."),
			Tell:     i18n.T(ctx, "Nothing: the customer’s credential is not touched by this."),
			Do:       i18n.T(ctx, "Nothing, if IT deleted it on purpose."),
		},
	}[t]
}

// refusal is the trouble behind what a wallet was refused, by the code that the record has of it; fine for a code that nobody sorted in.
func refusal(code string) trouble {
	return map[string]trouble{
		issuance.CodeTxCodeMissing:         codeMissing,
		issuance.CodeTxCodeUnexpected:      codeUnexpected,
		issuance.CodeNotReady:              tooEarly,
		"code_spent":                       offerOver,
		"offer_gone":                       offerOver,
		"offer_expired":                    offerOver,
		"credential_request_denied":        offerOver,
		"invalid_grant":                    offerOver,
		"type_gone":                        typeGone,
		"token_expired":                    tooLate,
		issuance.CodeClock:                 clockOff,
		issuance.CodeReplayed:              stale,
		issuance.CodeProofReplayed:         stale,
		"invalid_nonce":                    stale,
		issuance.CodeTypeNotOffered:        otherType,
		"unknown_credential_configuration": otherType,
		"unknown_credential_identifier":    otherType,
		"insufficient_scope":               otherType,
		"invalid_authorization_details":    otherType,
		"invalid_target":                   otherType,
		"invalid_proof":                    badProof,
		"invalid_dpop_proof":               badProof,
		"invalid_token":                    badProof,
		"invalid_request":                  badRequest,
		"invalid_client":                   badRequest,
		"unsupported_grant_type":           badRequest,
		"invalid_credential_request":       badRequest,
		"invalid_encryption_parameters":    badRequest,
		issuance.CodeFault:                 ourFault,
		"invalid_notification_request":     badReport,
		"invalid_notification_id":          badReport,
		"notification_unknown":             badReport,
	}[code]
}

// troubleOf is the trouble that an event tells; fine for one that tells none.
func troubleOf(e issuance.Event) trouble {
	switch e.Kind {
	case issuance.CodeRejected:
		return wrongCode
	case issuance.RequestRefused:
		if t := refusal(e.Code); t != fine {
			return t
		}
		return badRequest
	case issuance.WalletFailed:
		return walletFailed
	case issuance.WalletDeleted:
		return walletDeleted
	case issuance.OfferExpired:
		return expired
	case issuance.OfferFailed:
		return locked
	case issuance.OfferCreated, issuance.ApprovalAsked, issuance.OfferApproved, issuance.ClaimsRevealed, issuance.OfferCorrected,
		issuance.OfferRetrieved, issuance.CodeRevealed, issuance.CodeRenewed, issuance.OfferRedeemed,
		issuance.CredentialIssued, issuance.CredentialReissued, issuance.WalletConfirmed, issuance.OfferCancelled, issuance.OfferReplaced,
		issuance.CertificateExpiring:
	}
	return fine
}

// backEnd is the trouble that a delivery tells; fine for one that was delivered or goes out for the first time.
func backEnd(d issuance.Delivery) trouble {
	switch d.State {
	case issuance.DeliveryExhausted:
		return backEndGivenUp
	case issuance.DeliveryCancelled:
		return backEndGone
	case issuance.DeliveryQueued:
		switch {
		case d.Held:
			return backEndHeld
		case d.Attempts > 0 && !d.LastAt.IsZero():
			return backEndRefused
		}
	case issuance.DeliveryDelivered:
	}
	return fine
}
