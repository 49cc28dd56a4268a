package manage_test

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"counterfoil/internal/issuance"
)

// OF-119: a back-end that hangs up has made a whole offer or none. Which of the two is for the Idempotency-Key to tell.
func TestCreate_hanging_up_leaves_a_whole_offer_or_none(t *testing.T) {
	h := newHouse(t)
	addr := h.serve(t)
	const many = 30
	head := "POST /offers HTTP/1.1\r\nHost: manage.test\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(goodBody)) + "\r\n"
	var calling sync.WaitGroup
	for i := range many {
		calling.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			body := goodBody
			if i%3 == 0 {
				body = body[:len(body)-1] // hangs up before the end
			}
			_, sendErr := io.WriteString(conn, head+"Idempotency-Key: key-"+strconv.Itoa(i)+"\r\n\r\n"+body)
			if i%2 == 0 {
				if tcp, ok := conn.(*net.TCPConn); ok {
					_ = tcp.SetLinger(0) // a reset instead of an end
				}
			}
			if closeErr := conn.Close(); sendErr != nil || closeErr != nil {
				t.Errorf("%v %v", sendErr, closeErr)
			}
		})
	}
	calling.Wait()
	ids := map[string]bool{}
	for i := range many { // the same again: whoever asks gets the offer that is there, or makes it
		again := post(goodBody).with("Idempotency-Key", "key-"+strconv.Itoa(i))
		for h.call(t, again).status == http.StatusConflict { // the one that hung up is still being worked on
			runtime.Gosched()
		}
		c, _ := h.create(t, again)
		ids[c.OfferID] = true
	}
	if n := h.offers(t); len(ids) != many || n != many {
		t.Errorf("%d offers for %d keys, %d are stored", len(ids), many, n)
	}
	for id := range ids {
		events, err := h.store.Events(t.Context(), issuance.OfferID(id))
		if err != nil {
			t.Fatal(err)
		}
		created := slices.IndexFunc(events, func(e issuance.Event) bool { return e.Kind == issuance.OfferCreated })
		if created != 0 || len(events) != 1 {
			t.Errorf("the offer %s has the events %v", id, events)
		}
		if got := h.call(t, get("/offers/"+id)); got.status != http.StatusOK {
			t.Errorf("the offer %s answers %d", id, got.status)
		}
	}
}
