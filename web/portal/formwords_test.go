package portal

// This test is inside the package because the sentences have no other door to them than a form for each.

import (
	"context"
	"testing"

	"counterfoil/internal/typemeta"
)

func TestFaultWords_have_a_sentence_of_their_own_for_each_fault(t *testing.T) {
	t.Parallel()
	const reason = "a reason for programs"
	said := map[string]typemeta.Fault{}
	for _, f := range []typemeta.Fault{
		{Code: typemeta.CodeMissing}, {Code: typemeta.CodeUnknown}, {Code: typemeta.CodeDates},
		{Code: typemeta.CodeInvalid, Cause: typemeta.CauseUnreadable}, {Code: typemeta.CodeInvalid, Cause: typemeta.CauseTooLong, Limit: 5},
		{Code: typemeta.CodeInvalid, Cause: typemeta.CauseNotListed}, {Code: typemeta.CodeInvalid, Cause: typemeta.CauseNumberRange},
		{Code: typemeta.CodeInvalid, Cause: typemeta.CauseTooMany, Limit: 5}, {Code: typemeta.CodeCountry}, {Code: typemeta.CodeCurrency}, {Code: typemeta.CodeBIC},
		{Code: typemeta.CodeIBAN}, {Code: typemeta.CodeIBAN, Cause: typemeta.CauseCheckDigits}, {Code: typemeta.CodeIBAN, Cause: typemeta.CauseLength, Limit: 22},
		{Code: typemeta.CodeIBAN, Cause: typemeta.CauseNoSuchCountry}, {Code: typemeta.CodeLEI}, {Code: typemeta.CodeLEI, Cause: typemeta.CauseCheckDigits},
		{Code: typemeta.CodeEmail}, {Code: typemeta.CodePhone}, {Code: typemeta.CodeDate}, {Code: typemeta.CodeDateRange, Cause: typemeta.CauseFuture},
		{Code: typemeta.CodeAmount, Limit: 2}, {Code: typemeta.CodeAmount}, {Code: typemeta.CodeImage}, {Code: typemeta.CodeImage, Cause: typemeta.CauseImageKind},
		{Code: typemeta.CodeImageTooLarge}, {Code: typemeta.CodeInvalid, Cause: typemeta.CauseTooShort, Limit: 5},
		{Code: typemeta.CodeInvalid, Cause: typemeta.CausePattern, Bound: "AB-1234"}, {Code: typemeta.CodeInvalid, Cause: typemeta.CauseBelow, Bound: "5"},
		{Code: typemeta.CodeInvalid, Cause: typemeta.CauseAbove, Bound: "5"}, {Code: typemeta.CodeDateRange, Cause: typemeta.CauseBelow, Bound: "2026-01-31"},
		{Code: typemeta.CodeDateRange, Cause: typemeta.CauseAbove, Bound: "2026-01-31"},
	} {
		f.Reason = reason
		words := faultWords(context.Background(), f, typemeta.Text).text
		if before, twice := said[words]; twice || words == "This does not fit." || words == sentence(context.Background(), reason) {
			t.Errorf("%s, %s: %q, as %+v", f.Code, f.Cause, words, before)
		}
		said[words] = f
	}
	for _, kind := range typemeta.Kinds() {
		for _, f := range []typemeta.Fault{{Code: typemeta.CodeMissing}, {Code: typemeta.CodeType, Reason: reason}} {
			if words := faultWords(context.Background(), f, kind).text; words == "" || words == sentence(context.Background(), reason) {
				t.Errorf("%s, %s: %q", kind, f.Code, words)
			}
		}
	}
	if words := faultWords(context.Background(), typemeta.Fault{Code: "a_new_code", Reason: reason}, typemeta.Text).text; words != "A reason for programs." {
		t.Errorf("a code that nobody thought of: %q", words)
	}
}
