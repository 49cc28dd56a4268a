package strictjson_test

import (
	stdjson "encoding/json"
	"errors"
	"strings"
	"testing"

	"counterfoil/internal/strictjson"
)

type target struct {
	A int            `json:"a"`
	M map[string]any `json:"m"`
}

func TestDecode_refuses_what_encoding_json_lets_through(t *testing.T) {
	cases := map[string]struct {
		in   string
		kind strictjson.Kind
		at   string
	}{
		"OF-040 empty":              {"", strictjson.Malformed, ""},
		"OF-044 truncated":          {`{"a":1`, strictjson.Malformed, ""},
		"OF-045 two documents":      {`{"a":1}{"a":2}`, strictjson.Malformed, ""},
		"OF-046 trailing comma":     {`{"a":1,}`, strictjson.Malformed, ""},
		"OF-048 byte order mark":    {"\ufeff{}", strictjson.Malformed, ""},
		"OF-052 duplicate":          {`{"a":1,"a":2}`, strictjson.Duplicate, "/a"},
		"OF-052 duplicate deep":     {`{"m":{"x":[{"y":1,"y":2}]}}`, strictjson.Duplicate, "/m/x/0/y"},
		"OF-053 another case":       {`{"A":1}`, strictjson.Unknown, "/A"},
		"OF-054 unknown":            {`{"b":1}`, strictjson.Unknown, "/b"},
		"OF-061 number without end": {`{"m":{"x":1e400}}`, strictjson.WrongType, "/m/x"},
		"wrong type":                {`{"a":"1"}`, strictjson.WrongType, "/a"},
		"invalid UTF-8":             {"{\"m\":{\"x\":\"\xff\"}}", strictjson.Malformed, ""},
		"a lone surrogate":          {`{"m":{"x":"\ud800"}}`, strictjson.Malformed, ""},
		"OF-041 an array":           {`[]`, strictjson.WrongType, ""},
		"CR-030 depth 1000":         {strings.Repeat(`{"m":`, 1000) + "1" + strings.Repeat("}", 1000), strictjson.TooDeep, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var v target
			err := strictjson.Decode([]byte(c.in), &v, strictjson.RefuseUnknown())
			var e *strictjson.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Kind != c.kind || (c.at != "" && e.Pointer != c.at) {
				t.Errorf("got kind %d at %q (%s), want %d at %q", e.Kind, e.Pointer, e.Reason, c.kind, c.at)
			}
		})
	}
}

func TestDecode_keeps_large_integers_exact(t *testing.T) {
	const in = `{"m":{"n":[12345678901234567890,1.50]}}`
	var v target
	if err := strictjson.Decode([]byte(in), &v); err != nil {
		t.Fatal(err)
	}
	out, err := strictjson.Encode(v.M)
	if err != nil || string(out) != `{"n":[12345678901234567890,1.50]}` {
		t.Errorf("got %s, %v", out, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":1}`, `{"a":1,"a":2}`, `[1,"x",null,true]`, `"\u0000"`, `1e400`, "\ufeff1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v, std any
		if err := strictjson.Decode(data, &v); err != nil {
			return
		}
		if err := stdjson.Unmarshal(data, &std); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		out, err := strictjson.Encode(v)
		if err != nil {
			t.Fatalf("cannot encode what was decoded: %v", err)
		}
		var again any
		if err := strictjson.Decode(out, &again); err != nil {
			t.Fatalf("cannot decode what was encoded: %v", err)
		}
	})
}
