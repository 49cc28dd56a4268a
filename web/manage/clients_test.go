package manage_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/staff"
)

// shownClient is a client as a caller reads it.
type shownClient struct {
	ClientID   string   `json:"client_id"`
	Name       string   `json:"name"`
	Scopes     []string `json:"scopes"`
	Types      []string `json:"types"`
	Networks   []string `json:"networks"`
	Identities []string `json:"identities"`
	Disabled   bool     `json:"disabled"`
	Key        string   `json:"key"`
	Keys       []struct {
		KeyID      string `json:"key_id"`
		CreatedAt  string `json:"created_at"`
		ExpiresAt  string `json:"expires_at"`
		LastUsedAt string `json:"last_used_at"`
		RevokedAt  string `json:"revoked_at"`
	} `json:"keys"`
}

// as sends a request that must be answered with this status, and reads the answer.
func (h *house) as(t *testing.T, r request, status int, into any) answer {
	t.Helper()
	got := h.call(t, r)
	if got.status != status {
		t.Fatalf("%s %s: got %d %s, want %d", r.method, r.path, got.status, got.body, status)
	}
	if err := json.Unmarshal([]byte(got.body), into); err != nil {
		t.Fatal(err)
	}
	return got
}

// to is a request to change something at a path.
func to(path, body string) request { return post(body).at(path) }

// bare is a request to change something that has no body and says nothing of one.
func bare(path string) request {
	return request{method: http.MethodPost, path: path, headers: http.Header{}}
}

func TestAddClient_shows_the_key_once(t *testing.T) {
	h := locked(t)
	admin := h.holder(t, "admin", staff.Scopes()...)
	var made, read shownClient
	got := h.as(t, to("/clients", `{"name":"core","scopes":["offers:read","offers:create"],"types":["Facts"],"networks":["0.0.0.0/1"],"expires_in":3600}`).by(admin),
		http.StatusCreated, &made)
	if got.headers.Get("Location") != "/clients/"+made.ClientID || got.headers.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", got.headers)
	}
	if !strings.HasPrefix(made.Key, "cfk_") || len(made.Keys) != 1 || made.Keys[0].ExpiresAt != "2026-11-23T13:00:00Z" || made.Name != "core" ||
		!slices.Equal(made.Types, []string{"Facts"}) || !slices.Equal(made.Networks, []string{"0.0.0.0/1"}) {
		t.Errorf("made %+v", made)
	}
	if got := h.call(t, get("/offers").by(made.Key)); got.status != http.StatusOK {
		t.Errorf("its key: %d %s", got.status, got.body)
	}
	again := h.as(t, get("/clients/"+made.ClientID).by(admin), http.StatusOK, &read)
	list := h.call(t, get("/clients").by(admin))
	if strings.Contains(again.body+list.body, "cfk_") || read.Key != "" || read.Keys[0].LastUsedAt == "" || !strings.Contains(list.body, `"name":"admin"`) {
		t.Errorf("read %s, list %s", again.body, list.body)
	}
	if log := h.log.String(); strings.Contains(log, made.Key) || strings.Contains(log, admin) {
		t.Error("the log has a key")
	}
	twin := to("/clients", `{"name":"core","scopes":["offers:read"]}`).by(admin)
	refused(t, twin, h.call(t, twin), http.StatusConflict, "client_exists")
	var named shownClient
	h.as(t, to("/clients", `{"name":"mesh","scopes":["offers:read"],"identities":["san:uri:spiffe://bank/mesh"]}`).by(admin), http.StatusCreated, &named)
	if named.Key != "" || len(named.Keys) != 0 || len(named.Identities) != 1 {
		t.Errorf("made %+v", named)
	}
}

func TestAddClient_refuses_what_it_cannot_read(t *testing.T) {
	h := locked(t)
	admin := h.holder(t, "admin", staff.Scopes()...)
	const bad, unfit, code = http.StatusBadRequest, http.StatusUnprocessableEntity, "validation_failed"
	misfit := func(name, members, pointer string) refusal {
		return refusal{name, to("/clients", `{"name":"core","scopes":["offers:read"]`+members+`}`).by(admin), unfit, code, []string{pointer + " " + code}}
	}
	refuseAll(t, h, []refusal{
		{"nothing", to("/clients", "").by(admin), bad, "malformed_json", nil},
		{"no object", to("/clients", "[]").by(admin), bad, "malformed_json", nil},
		{"a member twice", to("/clients", `{"name":"a","name":"b","scopes":["offers:read"]}`).by(admin), bad, "duplicate_key", []string{"/name duplicate_key"}},
		{"an unknown member", to("/clients", `{"name":"a","scopes":["offers:read"],"admin":true}`).by(admin), bad, "unknown_field", []string{"/admin unknown_field"}},
		{"a key of its own choice", to("/clients", `{"name":"a","scopes":["offers:read"],"key":"cfk_x"}`).by(admin), bad, "unknown_field", []string{"/key unknown_field"}},
		{"no name", to("/clients", `{"scopes":["offers:read"]}`).by(admin), unfit, code, []string{"/name " + code}},
		{"no scopes", to("/clients", `{"name":"a"}`).by(admin), unfit, code, []string{"/scopes " + code}},
		{"scopes that are no list", to("/clients", `{"name":"a","scopes":"offers:read"}`).by(admin), unfit, code, []string{"/scopes " + code}},
		{"an unknown scope", to("/clients", `{"name":"a","scopes":["*"]}`).by(admin), unfit, code, []string{"/scopes/0 " + code}},
		misfit("no types at all", `,"types":[]`, "/types"),
		misfit("no networks at all", `,"networks":[]`, "/networks"),
		misfit("a network without its size", `,"networks":["10.0.0.1"]`, "/networks/0"),
		misfit("a network that is a name", `,"networks":["10.0.0.0/8","bank.example/8"]`, "/networks/1"),
		misfit("an identity that is none", `,"identities":["CN=core"]`, "/identities/0"),
		misfit("a type that is not there", `,"types":["Facts","Nothing"]`, "/types/1"),
		{"every fault at once", to("/clients", `{"name":"Core","scopes":["offers:read","*"],"types":["Nothing"],"networks":["x"],"identities":["x"],"expires_in":1}`).by(admin), unfit, code,
			[]string{"/name " + code, "/scopes/1 " + code, "/networks/0 " + code, "/identities/0 " + code, "/expires_in " + code, "/types/0 " + code}},
		{"every wrong type at once", to("/clients", `{"name":1,"scopes":["offers:read",2],"types":"x","networks":{},"expires_in":1.5}`).by(admin), unfit, code,
			[]string{"/name " + code, "/expires_in " + code, "/networks " + code, "/scopes/1 " + code, "/types " + code}},
		misfit("an end at once", `,"expires_in":0`, "/expires_in"),
		misfit("an end before now", `,"expires_in":-5`, "/expires_in"),
		misfit("an end beyond counting", `,"expires_in":9223372036854775807`, "/expires_in"),
		{"a query", to("/clients?admin=true", `{"name":"a","scopes":["offers:read"]}`).by(admin), bad, "unknown_parameter", nil},
		{"a text", to("/clients", `{"name":"a"}`).by(admin).with("Content-Type", "text/plain"), http.StatusUnsupportedMediaType, "unsupported_media_type", nil},
		{"a long Idempotency-Key", to("/clients", `{}`).by(admin).with("Idempotency-Key", strings.Repeat("a", 256)), bad, "invalid_idempotency_key", nil},
		{"a filter", get("/clients?name=core").by(admin), bad, "unknown_parameter", nil},
		{"a client that is not there", get("/clients/none").by(admin), http.StatusNotFound, "client_not_found", nil},
		{"a client that is NUL", get("/clients/%00").by(admin), http.StatusNotFound, "client_not_found", nil},
		{"disabling nobody", bare("/clients/none/disable").by(admin), http.StatusNotFound, "client_not_found", nil},
		{"enabling nobody", bare("/clients/%ff/enable").by(admin), http.StatusNotFound, "client_not_found", nil},
		{"a key of nobody", bare("/clients/none/keys").by(admin), http.StatusNotFound, "client_not_found", nil},
		{"revoking a key of nobody", bare("/clients/none/keys/none/revoke").by(admin), http.StatusNotFound, "key_not_found", nil},
	})
	if list, err := h.clients.ListClients(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("what was refused made %v, %v", list, err)
	}
}

// The keys of a client are changed without a gap, and an old one is out at the next call.
func TestKeys_are_changed_without_a_gap(t *testing.T) {
	h := locked(t)
	admin := h.holder(t, "admin", staff.Scopes()...)
	var core shownClient
	h.as(t, to("/clients", `{"name":"core","scopes":["offers:read"]}`).by(admin), http.StatusCreated, &core)
	var next struct {
		KeyID string `json:"key_id"`
		Key   string `json:"key"`
	}
	h.as(t, to("/clients/"+core.ClientID+"/keys", `{"expires_in":60}`).by(admin), http.StatusCreated, &next)
	third := bare("/clients/" + core.ClientID + "/keys").by(admin)
	refused(t, third, h.call(t, third), http.StatusConflict, "too_many_keys")
	works := func(key string, want bool) {
		t.Helper()
		if got := h.call(t, get("/offers").by(key)); (got.status == http.StatusOK) != want {
			t.Errorf("got %d %s", got.status, got.body)
		}
	}
	works(core.Key, true)
	works(next.Key, true)
	var after shownClient
	revoke := bare("/clients/" + core.ClientID + "/keys/" + core.Keys[0].KeyID + "/revoke").by(admin)
	first := h.as(t, revoke, http.StatusOK, &after)
	works(core.Key, false)
	works(next.Key, true)
	h.passed.Store(int64(30 * time.Second))
	if second := h.call(t, revoke); second.body != first.body {
		t.Errorf("revoked twice: %s, then %s", first.body, second.body)
	}
	h.passed.Store(int64(time.Minute))
	works(next.Key, false)
	h.as(t, bare("/clients/"+core.ClientID+"/keys").by(admin), http.StatusCreated, &next)
	works(next.Key, true)
	h.as(t, bare("/clients/"+core.ClientID+"/disable").by(admin), http.StatusOK, &after)
	if works(next.Key, false); !after.Disabled {
		t.Error("not disabled")
	}
	h.as(t, bare("/clients/"+core.ClientID+"/enable").by(admin), http.StatusOK, &after)
	works(next.Key, true)
	// A key is revoked by the client that it is of, not by whoever's address it is put behind.
	wrong := bare("/clients/" + core.ClientID + "/keys/" + after.Keys[0].KeyID[1:] + "/revoke").by(admin)
	refused(t, wrong, h.call(t, wrong), http.StatusNotFound, "key_not_found")
}

// Who may make clients cannot come to more by it, neither by a new client nor by a key of one that may do more.
func TestClients_cannot_raise_themselves(t *testing.T) {
	h := locked(t)
	strong, _ := h.client(t, staff.NewClient{Name: "strong", Scopes: staff.Scopes()})
	_, weak := h.client(t, staff.NewClient{Name: "weak", Scopes: []staff.Scope{staff.ScopeKeysManage, staff.ScopeOffersRead}, Types: []string{"Facts"}})
	if err := h.clients.DisableClient(t.Context(), strong.ID, staff.WayAny); err != nil {
		t.Fatal(err)
	}
	const no = http.StatusForbidden
	refuseAll(t, h, []refusal{
		{"a scope more", to("/clients", `{"name":"a","scopes":["offers:read","offers:create"],"types":["Facts"]}`).by(weak), no, "insufficient_scope", nil},
		{"every type", to("/clients", `{"name":"a","scopes":["offers:read"]}`).by(weak), no, "configuration_not_allowed", nil},
		{"another type", to("/clients", `{"name":"a","scopes":["offers:read"],"types":["Facts","`+account+`"]}`).by(weak), no, "configuration_not_allowed", nil},
		{"a key of a stronger one", bare("/clients/" + string(strong.ID) + "/keys").by(weak), no, "insufficient_scope", nil},
		{"a stronger one back", bare("/clients/" + string(strong.ID) + "/enable").by(weak), no, "insufficient_scope", nil},
	})
	var made shownClient
	h.as(t, to("/clients", `{"name":"a","scopes":["keys:manage","offers:read"],"types":["Facts"]}`).by(weak), http.StatusCreated, &made)
}

func TestClients_cannot_shut_the_last_manager_out(t *testing.T) {
	h := locked(t)
	admin, key := h.client(t, staff.NewClient{Name: "admin", Scopes: staff.Scopes()})
	last := []refusal{
		{"itself", bare("/clients/" + string(admin.ID) + "/disable").by(key), http.StatusConflict, "last_manager", nil},
		{"its key", bare(fmt.Sprintf("/clients/%s/keys/%s/revoke", admin.ID, admin.Keys[0].ID)).by(key), http.StatusConflict, "last_manager", nil},
	}
	refuseAll(t, h, last)
	second := h.holder(t, "second", staff.ScopeKeysManage)
	var after shownClient
	h.as(t, bare("/clients/"+string(admin.ID)+"/disable").by(second), http.StatusOK, &after)
	refused(t, last[0].send, h.call(t, last[0].send), http.StatusUnauthorized, "unauthenticated")
}

// A repeat under the same Idempotency-Key makes nothing new, and does not show the key again: it is kept nowhere.
func TestKeys_are_shown_once_also_to_who_asks_again(t *testing.T) {
	h := locked(t)
	admin := h.holder(t, "admin", staff.Scopes()...)
	send := to("/clients", `{"name":"core","scopes":["offers:read"]}`).by(admin).with("Idempotency-Key", "one")
	var first, second shownClient
	h.as(t, send, http.StatusCreated, &first)
	if again := h.as(t, send, http.StatusCreated, &second); again.headers.Get("Idempotent-Replayed") != "true" || first.ClientID != second.ClientID {
		t.Errorf("the repeat is %s", again.body)
	}
	if !strings.HasPrefix(first.Key, "cfk_") || second.Key != "" {
		t.Error("the key is shown not once")
	}
	more := bare("/clients/"+first.ClientID+"/keys").by(admin).with("Idempotency-Key", "two")
	one, two := h.call(t, more), h.call(t, more)
	if one.status != http.StatusCreated || two.status != http.StatusCreated || !strings.Contains(one.body, "cfk_") || strings.Contains(two.body, "cfk_") {
		t.Errorf("%d, then %d %s", one.status, two.status, two.body)
	}
	if c, err := h.clients.ClientByName(t.Context(), "core"); err != nil || len(c.Keys) != 2 {
		t.Errorf("%d keys were made, %v", len(c.Keys), err)
	}
}
