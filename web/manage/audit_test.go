package manage_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"counterfoil/internal/staff"
)

// What a back-end changes of clients, keys and callbacks is in the audit trail, as the back-end's; offers are on their timelines.
func TestAudit_tells_what_back_ends_changed(t *testing.T) {
	h := locked(t)
	admin := h.holder(t, "admin", staff.Scopes()...)
	var made shownClient
	h.as(t, to("/clients", `{"name":"core","scopes":["offers:read"]}`).by(admin), http.StatusCreated, &made)
	refused(t, to("/clients", `{"name":"core","scopes":["offers:read"]}`).by(admin), h.call(t, to("/clients", `{"name":"core","scopes":["offers:read"]}`).by(admin)), http.StatusConflict, "client_exists")
	h.as(t, bare("/clients/"+made.ClientID+"/disable").by(admin), http.StatusOK, &made)
	var callback struct {
		ID string `json:"callback_id"`
	}
	h.as(t, to("/callbacks", `{"url":"https://bank.example/"}`).by(admin), http.StatusCreated, &callback)
	h.as(t, bare("/callbacks/"+callback.ID+"/pause").by(admin), http.StatusOK, &struct{}{})
	h.as(t, bare("/callbacks/"+callback.ID+"/pause").by(admin), http.StatusOK, &struct{}{}) // again, which changes nothing

	const membership = `{"credential_configuration_id":"Membership","type_metadata":{"vct":"urn:test:membership","name":"Membership","claims":[{"path":["name"]}]}}`
	h.as(t, to("/types?dry_run=true", membership).by(admin), http.StatusOK, &struct{}{})
	h.as(t, to("/types", membership).by(admin), http.StatusCreated, &struct{}{})

	audit := staff.NewAudit(h.store, time.Now)
	list, _, err := audit.List(t.Context(), staff.AuditFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range slices.Backward(list) {
		if e.Actor.Via == staff.ViaAPI {
			got = append(got, e.Actor.Name+" "+string(e.Act)+" "+e.Object)
		}
	}
	want := []string{"admin client.added core", "admin client.disabled core", "admin callback.added " + callback.ID, "admin callback.paused " + callback.ID, "admin type.added Membership"}
	if !slices.Equal(got, want) {
		t.Errorf("the trail says %q, want %q", got, want)
	}
	if v, err := audit.Verify(t.Context(), ""); err != nil || v.Broken != 0 {
		t.Errorf("got %+v, %v", v, err)
	}
}
