package e2e_test

import (
	"net/http"
	"testing"
)

// What no record can have is a question without an answer, never a fault: PostgreSQL takes no text with NUL or bytes that are no UTF-8.
func TestLists_take_filters_that_are_no_text_for_what_they_are(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBank(t, database)
		b.create(identity(nil))
		var made struct {
			ID string `json:"callback_id"`
		}
		b.call(http.MethodPost, b.management+"/callbacks", map[string]any{"url": "https://bank.example/"}, &made)
		for _, path := range []string{
			"/offers?reference=", "/offers?created_by=", "/offers?type=", "/credentials?offer_id=", "/credentials?type=", "/credentials/", "/offers/", "/types/",
			"/callbacks/", "/callbacks/" + made.ID + "/deliveries?offer_id=", "/deliveries/", "/offers?cursor=", "/events?after=",
		} {
			for _, text := range []string{"%00", "a%00b", "%ff%fe", "%c3%28", "%ed%a0%80"} {
				if status := b.call(http.MethodGet, b.management+path+text, nil, nil); status < http.StatusBadRequest || status >= http.StatusInternalServerError {
					t.Errorf("%s%s answered %d", path, text, status)
				}
			}
		}
	})
}
