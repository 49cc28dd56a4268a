package typemeta_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// lending is a type with an amount at the top, one in a list and one in an object, under a policy of approval.
func lending(t *testing.T, approval string) (typemeta.Type, error) {
	t.Helper()
	types, err := typemeta.Load(fstest.MapFS{
		"Loan.json": {Data: []byte(`{"vct":"https://bank.example/loan","claims":[{"path":["amount"]},{"path":["items"]},{"path":["items",null]},
			{"path":["items",null,"price"]},{"path":["fee","amount"]}]}`)},
		"Loan.config.json": {Data: []byte(`{"approval":` + approval + `}`)},
	})
	if err != nil {
		return typemeta.Type{}, err
	}
	return types[0], nil
}

func TestApproval_is_needed_where_the_policy_says(t *testing.T) {
	t.Parallel()
	const limit = `{"when":[{"path":"amount","over":10000}]}`
	for name, c := range map[string]struct {
		policy, claims string
		needed         bool
	}{
		"never":                                    {`"never"`, `{"amount":99999}`, false},
		"always, without the claim":                {`"always"`, `{}`, true},
		"under the limit":                          {limit, `{"amount":9999.99}`, false},
		"at the limit":                             {limit, `{"amount":10000}`, false},
		"over the limit by the smallest coin":      {limit, `{"amount":10000.01}`, true},
		"over by what a float cannot tell":         {limit, `{"amount":10000.0000000000000000000001}`, true},
		"a negative one":                           {limit, `{"amount":-20000}`, false},
		"a text that is a number":                  {limit, `{"amount":"10001"}`, true},
		"a text that is a number under the limit":  {limit, `{"amount":"12.50"}`, false},
		"a text that is none":                      {limit, `{"amount":"10.000,00"}`, true},
		"an exponent":                              {limit, `{"amount":1e3}`, true},
		"digits without end":                       {limit, `{"amount":"` + strings.Repeat("0", 5000) + `"}`, true},
		"an object where a number should be":       {limit, `{"amount":{"value":1}}`, true},
		"the claim left out":                       {limit, `{"other":99999}`, false},
		"any element of a list":                    {`{"when":[{"path":"items[].price","over":5}]}`, `{"items":[{"price":1},{"price":6}]}`, true},
		"no element of a list":                     {`{"when":[{"path":"items[].price","over":5}]}`, `{"items":[{"price":1},{"name":"x"}]}`, false},
		"a claim in an object":                     {`{"when":[{"path":"fee.amount","over":5}]}`, `{"fee":{"amount":6},"amount":1}`, true},
		"one of two limits":                        {`{"when":[{"path":"fee.amount","over":5},{"path":"amount","over":1}]}`, `{"amount":2}`, true},
		"a limit under which everything is a debt": {`{"when":[{"path":"amount","over":-1}]}`, `{"amount":0}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			typ, err := lending(t, c.policy)
			if err != nil {
				t.Fatal(err)
			}
			var claims map[string]any
			if err := strictjson.Decode([]byte(c.claims), &claims); err != nil {
				t.Fatal(err)
			}
			if got := typ.Policy.Approval.Needed(claims); got != c.needed {
				t.Errorf("needed is %v", got)
			}
			if ever := typ.Policy.Approval.Ever(); ever != (c.policy != `"never"`) {
				t.Errorf("ever is %v", ever)
			}
		})
	}
}

func TestApproval_faults_are_told_with_their_place(t *testing.T) {
	t.Parallel()
	for policy, place := range map[string]string{
		`"sometimes"`:                         "/approval:",
		`true`:                                "/approval:",
		`7`:                                   "/approval:",
		`[]`:                                  "/approval:",
		`{}`:                                  "/approval:",
		`{"when":[]}`:                         "/approval:",
		`{"when":{"path":"amount","over":1}}`: "/approval:",
		`{"when":[{"path":"amount","over":1}],"unless":[]}`: "/approval:",
		`{"when":[7]}`:                                                         "/approval/when/0:",
		`{"when":[{"path":"amount"}]}`:                                         "/approval/when/0:",
		`{"when":[{"path":"amount","over":"1"}]}`:                              "/approval/when/0:",
		`{"when":[{"path":"amount","over":1,"under":2}]}`:                      "/approval/when/0:",
		`{"when":[{"path":"amount","over":1},{"path":"x","over":1}]}`:          "/approval/when/1/path:",
		`{"when":[{"path":"amount","over":1e99}]}`:                             "/approval/when/0/over:",
		`{"when":[{"path":"amount","over":1` + strings.Repeat("0", 50) + `}]}`: "/approval/when/0/over:",
	} {
		if _, err := lending(t, policy); err == nil || !strings.Contains(err.Error(), "Loan.config.json: "+place) {
			t.Errorf("%s: %v", policy, err)
		}
	}
}

func FuzzApproval(f *testing.F) {
	for _, seed := range []string{`"always"`, `{"when":[{"path":"amount","over":1}]}`, `{"when":[{"path":"items[].price","over":-0.5}]}`} {
		f.Add(seed, `{"amount":2,"items":[{"price":1}]}`)
	}
	f.Fuzz(func(t *testing.T, policy, text string) {
		var claims map[string]any
		if strictjson.Decode([]byte(text), &claims) != nil || !json.Valid([]byte(policy)) {
			return
		}
		typ, err := lending(t, policy)
		if err == nil && typ.Policy.Approval.Needed(claims) && !typ.Policy.Approval.Ever() {
			t.Error("an offer must be approved of a type that never asks for it")
		}
	})
}
