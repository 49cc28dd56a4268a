package typemeta_test

import (
	"testing"
	"time"

	"counterfoil/internal/typemeta"
)

func TestSample_gives_claims_that_the_type_takes(t *testing.T) {
	t.Parallel()
	types, err := typemeta.Load(typemeta.Samples())
	if err != nil {
		t.Fatal(err)
	}
	every, err := typemeta.ParseVersion("Every", []byte(`{"vct":"urn:test:every","claims":[
		{"path":["text"],"mandatory":true},{"path":["date_of_birth"]},{"path":["date_of_expiry"]},{"path":["date_of_issue"]},{"path":["country"]},
		{"path":["currency"]},{"path":["iban"]},{"path":["bic"]},{"path":["email"]},{"path":["phone_number"]},{"path":["whole"]},{"path":["rate"]},
		{"path":["adult"]},{"path":["level"]},{"path":["short"]},{"path":["lei"]},{"path":["picture"]},{"path":["worth"]},{"path":["list",null],"mandatory":true},{"path":["rows",null,"name"]},
		{"path":["pair",0]},{"path":["pair",1]},{"path":["a","b","c"],"mandatory":true}]}`),
		[]byte(`{"form":{"whole":{"type":"integer"},"rate":{"type":"number"},"adult":{"type":"boolean"},"level":{"type":"enum","enum":["gold"]},"short":{"maxLength":2},"lei":{"type":"lei"},"picture":{"type":"portrait"},"worth":{"type":"amount"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, typ := range append(types, every) {
		claims := typ.Sample(now)
		if _, faults := typ.Check(claims, now); len(faults) > 0 || len(claims) == 0 {
			t.Errorf("%s does not take %v: %v", typ.ID, claims, faults)
		}
	}
}
