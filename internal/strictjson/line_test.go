package strictjson_test

import (
	"testing"

	"counterfoil/internal/strictjson"
)

func TestLine_finds_what_a_pointer_leads_to(t *testing.T) {
	t.Parallel()
	const doc = "{\n \"a\": [\n  1,\n  {\"b/c\":\n   true}\n ],\n \"d\": \"e\"\n}"
	for pointer, want := range map[string]int{"": 1, "/a": 2, "/a/0": 3, "/a/1": 4, "/a/1/b~1c": 4, "/d": 7, "/a/2": 0, "/x": 0} {
		if got := strictjson.Line([]byte(doc), pointer); got != want {
			t.Errorf("%q: line %d, want %d", pointer, got, want)
		}
	}
	for _, broken := range []string{"", "{", `{"a":1,"a":2}`, "\x00", "[1,"} {
		if got := strictjson.Line([]byte(broken), "/z"); got != 0 {
			t.Errorf("%q: line %d", broken, got)
		}
	}
}
