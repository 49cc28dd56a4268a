package typemeta

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// checkIBAN holds an IBAN to ISO 13616: length of its country, check digits by mod 97. No obtainable library does.
func checkIBAN(s string) (any, *Fault) {
	const prefix = 4
	s = compact(s)
	if len(s) < prefix || !alphanumeric(s) {
		return nil, &Fault{Code: CodeIBAN, Reason: "must be an IBAN"}
	}
	length, known := ibanLengths()[s[:2]]
	if !known {
		return nil, &Fault{Code: CodeIBAN, Cause: CauseNoSuchCountry, Reason: "the country of the IBAN has no IBANs"}
	}
	if len(s) != length {
		return nil, &Fault{Code: CodeIBAN, Cause: CauseLength, Limit: length, Reason: fmt.Sprintf("an IBAN of this country has %d characters", length)}
	}
	if !mod97(s[prefix:] + s[:prefix]) {
		return nil, &Fault{Code: CodeIBAN, Cause: CauseCheckDigits, Reason: "the check digits do not match"}
	}
	return s, nil
}

// checkLEI holds a Legal Entity Identifier to ISO 17442: 18 characters and two check digits by mod 97.
func checkLEI(s string) (any, *Fault) {
	const length = 20
	s = compact(s)
	if len(s) != length {
		return nil, &Fault{Code: CodeLEI, Cause: CauseLength, Limit: length, Reason: "must be an LEI of 20 characters (ISO 17442)"}
	}
	if !regexp.MustCompile(`^[A-Z0-9]{18}[0-9]{2}$`).MatchString(s) {
		return nil, &Fault{Code: CodeLEI, Reason: "must be an LEI of letters and digits that ends in two digits (ISO 17442)"}
	}
	if !mod97(s) {
		return nil, &Fault{Code: CodeLEI, Cause: CauseCheckDigits, Reason: "the check digits do not match"}
	}
	return s, nil
}

func alphanumeric(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// mod97 tells whether letters and digits leave 1 when letters count from A = 10 (ISO 7064, MOD 97-10).
func mod97(s string) bool {
	var digits strings.Builder
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits.WriteRune(r)
		} else {
			digits.WriteString(strconv.Itoa(int(r-'A') + 10)) // A is 10
		}
	}
	n, ok := new(big.Int).SetString(digits.String(), 10)
	return ok && n.Mod(n, big.NewInt(97)).Int64() == 1
}

// ibanLengths is the length of an IBAN by country (SWIFT IBAN Registry).
func ibanLengths() map[string]int {
	return map[string]int{
		"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
		"CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
		"GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
		"IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
		"MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
		"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28,
		"TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
	}
}
