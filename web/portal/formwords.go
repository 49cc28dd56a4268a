package portal

import (
	"context"
	"strings"
	"time"

	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
)

// faultWords says to the person who filled in a field what is wrong with it and what to do, and leads to what the guides say about it. It is the
// only place that does: the reason of a fault is for programs.
func faultWords(ctx context.Context, f typemeta.Fault, kind typemeta.Kind) said {
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
		return said{i18n.T(ctx, "Choose a country from the list."), help("country")}
	case typemeta.CodeCurrency:
		return said{i18n.T(ctx, "Choose a currency from the list."), help("currency")}
	case typemeta.CodeEmail:
		return said{i18n.T(ctx, "An e-mail address has a name, an @ and a domain, like erika@example.org."), help("email")}
	case typemeta.CodePhone:
		return said{i18n.T(ctx, "Begin with the country code, like +49 30 123456."), help("phone-number")}
	case typemeta.CodeAmount:
		if f.Limit == 0 {
			return said{i18n.T(ctx, "This currency has no decimals. Write thousands without a sign between them, like 12500."), help("amount")}
		}
		return said{i18n.T(ctx, "Write at most %d decimals, and thousands without a sign between them, like 12500.", f.Limit), help("amount")}
	case typemeta.CodeType:
		return typeWords(ctx, f, kind)
	case typemeta.CodeInvalid:
		return invalidWords(ctx, f)
	case typemeta.CodeUnknown, typemeta.CodeReserved:
		return said{i18n.T(ctx, "The credential type was changed meanwhile and does not take this any more. Open the form again."), help("form-changed")}
	}
	return said{sentence(ctx, f.Reason), help("form")}
}

// sentence makes a sentence of a reason that was written for programs.
func sentence(ctx context.Context, reason string) string {
	text := i18n.Reason(ctx, reason)
	if text == "" {
		return i18n.T(ctx, "This does not fit.")
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func missingWords(ctx context.Context, f typemeta.Fault, kind typemeta.Kind) said {
	words := said{i18n.T(ctx, "Please fill this in."), help("empty-field")}
	switch kind {
	case typemeta.Currency:
		words = said{i18n.T(ctx, "Please choose one."), help("choice")}
		if f.Cause == typemeta.CauseNeeded {
			words = said{i18n.T(ctx, "Choose the currency of the amount."), help("currency")}
		}
	case typemeta.Country, typemeta.Boolean, typemeta.Enum:
		words = said{i18n.T(ctx, "Please choose one."), help("choice")}
	case typemeta.Portrait:
		words.text = i18n.T(ctx, "Please choose a picture.")
	case typemeta.Text, typemeta.Date, typemeta.IBAN, typemeta.BIC, typemeta.LEI, typemeta.Email, typemeta.Phone, typemeta.Integer, typemeta.Number,
		typemeta.Amount:
	}
	if f.Cause == typemeta.CauseGap {
		words.text = i18n.T(ctx, "Please fill this in too, or move up what comes after it.")
	}
	return words
}

func accountWords(ctx context.Context, f typemeta.Fault) said {
	iban := func(text string) said { return said{text, help("iban")} }
	switch {
	case f.Code == typemeta.CodeBIC:
		return said{i18n.T(ctx, "A BIC has 8 or 11 letters and digits. Look at it again."), help("bic")}
	case f.Code == typemeta.CodeLEI && f.Cause == typemeta.CauseCheckDigits:
		return said{i18n.T(ctx, "The check digits do not match. Look at the LEI again."), help("lei")}
	case f.Code == typemeta.CodeLEI:
		return said{i18n.T(ctx, "An LEI has 20 letters and digits and ends in two digits. Look at it again."), help("lei")}
	case f.Cause == typemeta.CauseCheckDigits:
		return iban(i18n.T(ctx, "The check digits do not match. Look at the IBAN again."))
	case f.Cause == typemeta.CauseLength:
		return iban(i18n.T(ctx, "An IBAN of this country has %d characters. Look whether some are missing or too many.", f.Limit))
	case f.Cause == typemeta.CauseNoSuchCountry:
		return iban(i18n.T(ctx, "No country has IBANs that begin like this. Look at the first two letters."))
	}
	return iban(i18n.T(ctx, "This is not an IBAN. It begins with two letters and two digits, like DE89."))
}

func dateWords(ctx context.Context, f typemeta.Fault) said {
	guide := help("date")
	if f.Code != typemeta.CodeDate {
		guide = help("date-order")
	}
	switch {
	case f.Code == typemeta.CodeDates:
		return said{i18n.T(ctx, "This day lies before the day of issue."), guide}
	case f.Cause == typemeta.CauseFuture:
		return said{i18n.T(ctx, "This day lies in the future."), guide}
	case f.Cause == typemeta.CauseBelow:
		return said{i18n.T(ctx, "The first day that this can be is %s.", dayWords(ctx, f.Bound)), guide}
	case f.Cause == typemeta.CauseAbove:
		return said{i18n.T(ctx, "The last day that this can be is %s.", dayWords(ctx, f.Bound)), guide}
	}
	return said{i18n.T(ctx, "There is no such day. Fill in day, month and year; the year has four digits."), guide}
}

// dayWords writes a day of a hint as people do.
func dayWords(ctx context.Context, text string) string {
	day, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	if err != nil {
		return text
	}
	return i18n.Date(ctx, day)
}

func pictureWords(ctx context.Context, f typemeta.Fault) said {
	switch {
	case f.Code == typemeta.CodeImageTooLarge:
		return said{i18n.T(ctx, "This picture is too large. Choose one of at most 5 MB and 25 megapixels."), help("portrait-size")}
	case f.Cause == typemeta.CauseImageKind:
		return said{i18n.T(ctx, "This file is not a JPEG or PNG picture. Choose another one."), help("portrait")}
	}
	return said{i18n.T(ctx, "This picture is damaged or not whole. Choose another one."), help("portrait")}
}

func typeWords(ctx context.Context, f typemeta.Fault, kind typemeta.Kind) said {
	switch kind {
	case typemeta.Boolean:
		return said{i18n.T(ctx, "Please choose one."), help("choice")}
	case typemeta.Integer, typemeta.Number, typemeta.Amount:
		if f.Cause == typemeta.CauseNotWhole {
			return said{i18n.T(ctx, "Write a whole number, without decimals."), help("number")}
		}
		return said{i18n.T(ctx, "Write this as a number, like 1250 or 12.50."), help("number")}
	case typemeta.Text, typemeta.Date, typemeta.Country, typemeta.Currency, typemeta.IBAN, typemeta.BIC, typemeta.LEI, typemeta.Email, typemeta.Phone,
		typemeta.Enum, typemeta.Portrait:
	}
	return said{i18n.T(ctx, "This does not fit."), help("form-changed")}
}

func invalidWords(ctx context.Context, f typemeta.Fault) said {
	switch f.Cause {
	case typemeta.CauseUnreadable:
		return said{i18n.T(ctx, "There are characters in this that nobody can see. Type it anew."), help("unseen-characters")}
	case typemeta.CauseTooLong:
		return said{i18n.T(ctx, "Write at most %d characters.", f.Limit), help("too-long")}
	case typemeta.CauseTooShort:
		return said{i18n.T(ctx, "Write at least %d characters.", f.Limit), help("too-short")}
	case typemeta.CausePattern:
		return said{i18n.T(ctx, "Write this like %s.", f.Bound), help("written-like")}
	case typemeta.CauseBelow:
		return said{i18n.T(ctx, "This must be at least %s.", f.Bound), help("bounds")}
	case typemeta.CauseAbove:
		return said{i18n.T(ctx, "This must be at most %s.", f.Bound), help("bounds")}
	case typemeta.CauseNotListed:
		return said{i18n.T(ctx, "Choose one from the list."), help("choice")}
	case typemeta.CauseNumberRange:
		return said{i18n.T(ctx, "This number is too large."), help("number")}
	case typemeta.CauseTooMany:
		return said{i18n.T(ctx, "There may be at most %d of these.", f.Limit), help("too-many-rows")}
	case typemeta.CauseLength, typemeta.CauseCheckDigits, typemeta.CauseNoSuchCountry, typemeta.CauseNotWhole, typemeta.CauseDecimals, typemeta.CauseYear,
		typemeta.CauseFuture, typemeta.CauseImageKind, typemeta.CauseNeeded, typemeta.CauseGap, typemeta.CauseOtherChoice:
	}
	return said{i18n.T(ctx, "This does not fit."), help("form")}
}
