package portal

import (
	"context"
	"strings"

	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
)

// faultWords says to the person who filled in a field what is wrong with it and what to do. It is the only place that does: the reason of a
// fault is for programs.
func faultWords(ctx context.Context, f typemeta.Fault, kind typemeta.Kind) string {
	switch f.Code {
	case typemeta.CodeMissing:
		return missingWords(ctx, f, kind)
	case typemeta.CodeIBAN, typemeta.CodeLEI, typemeta.CodeBIC:
		return accountWords(ctx, f)
	case typemeta.CodeDate, typemeta.CodeDateRange, typemeta.CodeDates:
		return dateWords(ctx, f)
	case typemeta.CodeImage, typemeta.CodeImageTooLarge:
		return pictureWords(ctx, f)
	case typemeta.CodeCountry:
		return i18n.T(ctx, "Choose a country from the list.")
	case typemeta.CodeCurrency:
		return i18n.T(ctx, "Choose a currency from the list.")
	case typemeta.CodeEmail:
		return i18n.T(ctx, "An e-mail address has a name, an @ and a domain, like erika@example.org.")
	case typemeta.CodePhone:
		return i18n.T(ctx, "Begin with the country code, like +49 30 123456.")
	case typemeta.CodeAmount:
		if f.Limit == 0 {
			return i18n.T(ctx, "This currency has no decimals. Write thousands without a sign between them, like 12500.")
		}
		return i18n.T(ctx, "Write at most %d decimals, and thousands without a sign between them, like 12500.", f.Limit)
	case typemeta.CodeType:
		return typeWords(ctx, f, kind)
	case typemeta.CodeInvalid:
		return invalidWords(ctx, f)
	case typemeta.CodeUnknown, typemeta.CodeReserved:
		return i18n.T(ctx, "The credential type was changed meanwhile and does not take this any more. Open the form again.")
	}
	return sentence(ctx, f.Reason)
}

// sentence makes a sentence of a reason that was written for programs.
func sentence(ctx context.Context, reason string) string {
	text := i18n.Reason(ctx, reason)
	if text == "" {
		return i18n.T(ctx, "This does not fit.")
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func missingWords(ctx context.Context, f typemeta.Fault, kind typemeta.Kind) string {
	switch kind {
	case typemeta.Currency:
		if f.Cause == typemeta.CauseNeeded {
			return i18n.T(ctx, "Choose the currency of the amount.")
		}
		return i18n.T(ctx, "Please choose one.")
	case typemeta.Country, typemeta.Boolean, typemeta.Enum:
		return i18n.T(ctx, "Please choose one.")
	case typemeta.Portrait:
		return i18n.T(ctx, "Please choose a picture.")
	case typemeta.Text, typemeta.Date, typemeta.IBAN, typemeta.BIC, typemeta.LEI, typemeta.Email, typemeta.Phone, typemeta.Integer, typemeta.Number,
		typemeta.Amount:
	}
	return i18n.T(ctx, "Please fill this in.")
}

func accountWords(ctx context.Context, f typemeta.Fault) string {
	switch {
	case f.Code == typemeta.CodeBIC:
		return i18n.T(ctx, "A BIC has 8 or 11 letters and digits. Look at it again.")
	case f.Code == typemeta.CodeLEI && f.Cause == typemeta.CauseCheckDigits:
		return i18n.T(ctx, "The check digits do not match. Look at the LEI again.")
	case f.Code == typemeta.CodeLEI:
		return i18n.T(ctx, "An LEI has 20 letters and digits and ends in two digits. Look at it again.")
	case f.Cause == typemeta.CauseCheckDigits:
		return i18n.T(ctx, "The check digits do not match. Look at the IBAN again.")
	case f.Cause == typemeta.CauseLength:
		return i18n.T(ctx, "An IBAN of this country has %d characters. Look whether some are missing or too many.", f.Limit)
	case f.Cause == typemeta.CauseNoSuchCountry:
		return i18n.T(ctx, "No country has IBANs that begin like this. Look at the first two letters.")
	}
	return i18n.T(ctx, "This is not an IBAN. It begins with two letters and two digits, like DE89.")
}

func dateWords(ctx context.Context, f typemeta.Fault) string {
	switch {
	case f.Code == typemeta.CodeDates:
		return i18n.T(ctx, "This day lies before the day of issue.")
	case f.Cause == typemeta.CauseFuture:
		return i18n.T(ctx, "This day lies in the future.")
	}
	return i18n.T(ctx, "There is no such day. Fill in day, month and year; the year has four digits.")
}

func pictureWords(ctx context.Context, f typemeta.Fault) string {
	switch {
	case f.Code == typemeta.CodeImageTooLarge:
		return i18n.T(ctx, "This picture is too large. Choose one of at most 5 MB and 25 megapixels.")
	case f.Cause == typemeta.CauseImageKind:
		return i18n.T(ctx, "This file is not a JPEG or PNG picture. Choose another one.")
	}
	return i18n.T(ctx, "This picture is damaged or not whole. Choose another one.")
}

func typeWords(ctx context.Context, f typemeta.Fault, kind typemeta.Kind) string {
	switch kind {
	case typemeta.Boolean:
		return i18n.T(ctx, "Please choose one.")
	case typemeta.Integer, typemeta.Number, typemeta.Amount:
		if f.Cause == typemeta.CauseNotWhole {
			return i18n.T(ctx, "Write a whole number, without decimals.")
		}
		return i18n.T(ctx, "Write this as a number, like 1250 or 12.50.")
	case typemeta.Text, typemeta.Date, typemeta.Country, typemeta.Currency, typemeta.IBAN, typemeta.BIC, typemeta.LEI, typemeta.Email, typemeta.Phone,
		typemeta.Enum, typemeta.Portrait:
	}
	return i18n.T(ctx, "This does not fit.")
}

func invalidWords(ctx context.Context, f typemeta.Fault) string {
	switch f.Cause {
	case typemeta.CauseUnreadable:
		return i18n.T(ctx, "There are characters in this that nobody can see. Type it anew.")
	case typemeta.CauseTooLong:
		return i18n.T(ctx, "Write at most %d characters.", f.Limit)
	case typemeta.CauseNotListed:
		return i18n.T(ctx, "Choose one from the list.")
	case typemeta.CauseNumberRange:
		return i18n.T(ctx, "This number is too large.")
	case typemeta.CauseTooMany:
		return i18n.T(ctx, "There may be at most %d of these.", f.Limit)
	case typemeta.CauseLength, typemeta.CauseCheckDigits, typemeta.CauseNoSuchCountry, typemeta.CauseNotWhole, typemeta.CauseDecimals, typemeta.CauseYear,
		typemeta.CauseFuture, typemeta.CauseImageKind, typemeta.CauseNeeded:
	}
	return i18n.T(ctx, "This does not fit.")
}
