package typemeta

import "strings"

// Kind says what a claim's value looks like.
type Kind string

// The kinds of values.
const (
	Text     Kind = "text"
	Date     Kind = "date" // YYYY-MM-DD
	Country  Kind = "country"
	Currency Kind = "currency"
	IBAN     Kind = "iban"
	BIC      Kind = "bic"
	LEI      Kind = "lei"
	Email    Kind = "email"
	Phone    Kind = "phone"
	Integer  Kind = "integer"
	Number   Kind = "number"
	// Amount is a number of money: a JSON number whose currency is the claim "currency" beside it.
	Amount  Kind = "amount"
	Boolean Kind = "boolean"
	Enum    Kind = "enum"
	// Portrait is the picture of a person, a JPEG or PNG as data URI: what the claim picture of a PID is.
	Portrait Kind = "portrait"
)

// Kinds lists every kind once.
func Kinds() []Kind {
	return []Kind{Text, Date, Country, Currency, IBAN, BIC, LEI, Email, Phone, Integer, Number, Amount, Boolean, Enum, Portrait}
}

// currencyName is the name of the claim with the currency of an amount.
const currencyName = "currency"

// guess tells a kind from well-known claim names, and Text otherwise.
func guess(p Path) Kind {
	var name string
	for _, step := range p {
		if s, ok := step.(string); ok {
			name = strings.ToLower(s)
		}
	}
	switch name {
	case "iban":
		return IBAN
	case "bic":
		return BIC
	case "lei":
		return LEI
	case currencyName:
		return Currency
	case "email":
		return Email
	case "phone_number":
		return Phone
	case "portrait", "picture": // ISO 18013-5 and the PID
		return Portrait
	}
	switch {
	case name == "birthdate" || strings.HasSuffix(name, "_date") || strings.HasPrefix(name, "date_of_"):
		return Date
	case name == "country" || strings.HasSuffix(name, "_country") || name == "nationality" || name == "nationalities":
		return Country
	}
	return Text
}
