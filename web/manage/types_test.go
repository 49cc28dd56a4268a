package manage_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"counterfoil/internal/issuance"
	"counterfoil/internal/typemeta"
)

// membership is a type as a back-end sends it; claims are its claims as JSON.
func membership(claims string) request {
	return post(`{"credential_configuration_id":"Membership","type_metadata":{"vct":"urn:test:membership","name":"Membership","claims":[` + claims + `]}}`).at("/types")
}

const number = `{"path":["number"],"mandatory":true,"sd":"always"}`

func member(claims string) request {
	return post(`{"credential_configuration_id":"Membership","claims":` + claims + `}`)
}

func TestTypes_are_added_and_used_at_once(t *testing.T) {
	h := newHouse(t)
	refused(t, member(`{"number":"1"}`), h.call(t, member(`{"number":"1"}`)), http.StatusBadRequest, "unknown_credential_configuration")
	tried := h.call(t, membership(number).at("/types?dry_run=true"))
	if tried.status != http.StatusOK || !strings.Contains(tried.body, `"type_metadata":{`) {
		t.Fatalf("got %d %s", tried.status, tried.body)
	}
	if got := h.call(t, get("/types/Membership")); got.status != http.StatusNotFound {
		t.Errorf("a dry run left %s", got.body)
	}
	made := h.call(t, membership(number))
	if made.status != http.StatusCreated || made.headers.Get("Location") != "/types/Membership" {
		t.Fatalf("got %d %s", made.status, made.body)
	}
	h.create(t, member(`{"number":"1"}`))
	var list struct {
		Types []struct {
			ID      string `json:"credential_configuration_id"`
			Version int    `json:"version"`
		} `json:"types"`
	}
	if err := json.Unmarshal([]byte(h.call(t, get("/types")).body), &list); err != nil || fmt.Sprint(list.Types[len(list.Types)-1]) != "{Membership 1}" {
		t.Errorf("got %+v, %v", list, err)
	}
}

// What a customer was offered is what the customer gets, also when the type is changed meanwhile.
func TestTypes_offers_keep_the_version_they_were_made_with(t *testing.T) {
	h := newHouse(t)
	h.call(t, membership(number))
	before, _ := h.create(t, member(`{"number":"1"}`))
	if got := h.call(t, membership(number+`,{"path":["level"],"mandatory":true}`)); got.status != http.StatusCreated {
		t.Fatal(got.body)
	}
	refused(t, member(`{"number":"1"}`), h.call(t, member(`{"number":"1"}`)), http.StatusUnprocessableEntity, "invalid_claims")
	after, _ := h.create(t, member(`{"number":"1","level":"gold"}`))
	for id, want := range map[string]int{before.OfferID: 1, after.OfferID: 2} {
		token, err := h.service.RedeemCode(t.Context(), issuance.RedeemCode{Code: h.service.Code(issuance.OfferID(id)).Reveal()})
		if err != nil {
			t.Fatal(err)
		}
		access, err := h.service.Authorize(t.Context(), token.AccessToken.Reveal())
		if err != nil || access.Type.Version != want || len(access.Type.Claims) != want {
			t.Errorf("version %d with %d claims, want %d, %v", access.Type.Version, len(access.Type.Claims), want, err)
		}
	}
}

// Another process on the same database sees a new type at its next look.
func TestTypes_reach_another_process(t *testing.T) {
	h := newHouse(t)
	h.call(t, membership(number))
	there := typemeta.NewCatalog(folder(t))
	admin := &issuance.TypeAdmin{Versions: h.store, Catalog: there, Folder: folder(t), Clock: h.now}
	edition := there.Edition()
	for range 2 {
		if err := admin.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, known := there.Type("Membership"); !known || there.Edition() != edition+1 {
		t.Errorf("known %t, edition %d after %d", known, there.Edition(), edition)
	}
}

func TestTypes_refuse_what_is_no_type(t *testing.T) {
	h := newHouse(t)
	h.call(t, membership(number))
	const invalid, code = http.StatusUnprocessableEntity, "validation_failed"
	body := func(b string) request { return post(b).at("/types") }
	refuseAll(t, h, []refusal{
		{"no id", body(`{"type_metadata":{"vct":"x"}}`), invalid, code, []string{"/credential_configuration_id validation_failed"}},
		{"an id that is a path", body(`{"credential_configuration_id":"../x","type_metadata":{"vct":"x"}}`), invalid, code, []string{"/credential_configuration_id validation_failed"}},
		{"no metadata", body(`{"credential_configuration_id":"X"}`), invalid, code, []string{"/type_metadata validation_failed"}},
		{"metadata that is a text", body(`{"credential_configuration_id":"X","type_metadata":"x"}`), invalid, code, []string{"/type_metadata validation_failed"}},
		{"two faults in it", membership(`{"path":["a"],"sd":"perhaps"},{"path":[]}`), invalid, code,
			[]string{"/type_metadata/claims/0/sd validation_failed", "/type_metadata/claims/1/path validation_failed"}},
		{"a config that nobody knows", body(`{"credential_configuration_id":"X","type_metadata":{"vct":"x"},"config":{"batch":5}}`), invalid, code, []string{"/config/batch validation_failed"}},
		{"a config out of bounds", body(`{"credential_configuration_id":"X","type_metadata":{"vct":"x"},"config":{"batch_size":0}}`), invalid, code, []string{"/config/batch_size validation_failed"}},
		{"another vct", body(`{"credential_configuration_id":"Membership","type_metadata":{"vct":"urn:test:other"}}`), invalid, code, []string{"/type_metadata/vct validation_failed"}},
		{"a member that nobody knows", body(`{"credential_configuration_id":"X","type_metadata":{"vct":"x"},"policy":{}}`), http.StatusBadRequest, "unknown_field", []string{"/policy unknown_field"}},
	})
}

// OF-098: the bytes of a picture are counted before anybody decodes it, and what it says of its pixels is not believed.
func TestTypes_hold_pictures_to_their_bounds(t *testing.T) {
	h := newHouse(t)
	h.want(t, membership(`{"path":["portrait"]}`), http.StatusCreated, nil)
	header := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x75\x30\x00\x00\x75\x30\x01\x00\x00\x00\x00") // 30,000 by 30,000 pixels
	for _, length := range []int{500, 50_000} {
		picture := base64.StdEncoding.EncodeToString(append(header, make([]byte, length)...))
		r := member(`{"portrait":"data:image/png;base64,` + picture + `"}`)
		refused(t, r, h.call(t, r), http.StatusUnprocessableEntity, "invalid_claims")
	}
}

// Everything that is wrong with a type is told at once, in its metadata as in its config.
func TestTypes_tell_every_fault_at_once(t *testing.T) {
	const code = "validation_failed"
	at := func(pointers ...string) []string {
		for i := range pointers {
			pointers[i] += " " + code
		}
		return pointers
	}
	typ := func(id, metadata, config string) request {
		return post(`{"credential_configuration_id":"` + id + `","type_metadata":` + metadata + `,"config":` + config + `}`).at("/types")
	}
	const good = `{"vct":"urn:x","claims":[{"path":["a"]}]}`
	refuseAll(t, newHouse(t), []refusal{
		{"wrong types", typ("T", good, `{"validity":5,"batch_size":"x","tx_code":"y"}`), http.StatusUnprocessableEntity, code, at("/config/batch_size", "/config/tx_code", "/config/validity")},
		{"an unknown member beside", typ("T", good, `{"validity":5,"foo":1}`), http.StatusUnprocessableEntity, code, at("/config/foo", "/config/validity")},
		{"id, metadata and config", typ("a b", `{"vct":1,"claims":[{"path":[]}]}`, `{"validity":"1ms","form":{"zzz":{}}}`), http.StatusUnprocessableEntity, code,
			at("/credential_configuration_id", "/type_metadata/vct", "/type_metadata/claims/0/path", "/config/validity")},
		{"a hint for no claim", typ("T", good, `{"form":{"zzz":{}}}`), http.StatusUnprocessableEntity, code, at("/config/form/zzz")},
		{"nothing", post("{}").at("/types"), http.StatusUnprocessableEntity, code, at("/credential_configuration_id", "/type_metadata")},
		{"members that are not described", post(`{"a":1,"credential_configuration_id":"T","b":2}`).at("/types"), http.StatusBadRequest, "unknown_field", []string{"/a unknown_field", "/b unknown_field"}},
	})
}
