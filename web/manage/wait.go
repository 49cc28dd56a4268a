package manage

import (
	"context"
	"regexp"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
)

// The bounds of waiting for an offer to end, and how often it is read although nobody woke who waits: hints from other processes may
// be lost.
const (
	minWait     = time.Second
	maxWait     = 60 * time.Second
	defaultWait = 30 * time.Second
	waitStep    = 2 * time.Second
	// maxWaiting bounds the requests of this process that wait.
	maxWaiting = 1000
)

// readWait reads how long to wait for the end of the offer; 0 is not at all.
func readWait(query map[string]string) (time.Duration, error) {
	timeout, timed := query["timeout"]
	switch wait, has := query["wait"]; {
	case !has && timed:
		return 0, invalid("/timeout", "goes with wait=terminal")
	case !has:
		return 0, nil
	case wait != "terminal":
		return 0, invalid("/wait", "must be terminal")
	case !timed:
		return defaultWait, nil
	}
	d, err := time.ParseDuration(timeout)
	if err != nil || !regexp.MustCompile(`^[0-9]+([.][0-9]+)?m?s$`).MatchString(timeout) || d < minWait || d > maxWait {
		return 0, invalid("/timeout", "must be a time from 1s to 60s, in seconds or milliseconds")
	}
	return d, nil
}

func (d *door) showOffer(c *fiber.Ctx) error {
	query, err := readQuery(c, "wait", "timeout")
	if err != nil {
		return err
	}
	wait, err := readWait(query)
	if err != nil {
		return err
	}
	id := issuance.OfferID(c.Params("offer"))
	o, err := d.Offers.Offer(c.UserContext(), id)
	if err == nil && wait > 0 && !o.Status.Ended() {
		o, err = d.awaitEnd(c, id, wait)
	}
	if err != nil {
		return err
	}
	return answer(c, fiber.StatusOK, show(o))
}

// awaitEnd returns the offer when it has ended or the time is over.
func (d *door) awaitEnd(c *fiber.Ctx, id issuance.OfferID, wait time.Duration) (issuance.Offer, error) {
	if d.waiting.Add(1) > maxWaiting {
		d.waiting.Add(-1)
		c.Set(fiber.HeaderRetryAfter, "5")
		return issuance.Offer{}, fiber.ErrTooManyRequests
	}
	defer d.waiting.Add(-1)
	// The deadline of other requests is for work with the database; this one mostly waits.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), wait)
	defer cancel()
	changed, end := d.Watch.Subscribe(id)
	defer end()
	step := time.NewTicker(waitStep)
	defer step.Stop()
	for {
		o, err := d.Offers.Offer(context.WithoutCancel(ctx), id)
		if err != nil || o.Status.Ended() {
			return o, err
		}
		select {
		case <-changed:
		case <-step.C:
		case <-ctx.Done():
			return o, nil
		case <-d.Stopping:
			return o, nil
		}
	}
}
