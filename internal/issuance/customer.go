package issuance

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CustomerHash gives what is kept of a customer's number: a keyed hash, by which the customer's offers are found again by who knows the
// number. Spaces and the case of letters make no difference.
func (s *Service) CustomerHash(number string) []byte {
	return s.customerKey.MAC([]byte(plainCustomer(number)))
}

func plainCustomer(number string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, number))
}

// goodCustomer tells whether a text may be a customer's number.
func goodCustomer(number string) bool {
	return utf8.RuneCountInString(number) <= maxCustomer && printable(number) && plainCustomer(number) != ""
}
