package manage

import "github.com/gofiber/fiber/v2"

// livez says that the process runs; it asks nobody else.
func (d *door) livez(c *fiber.Ctx) error {
	return answer(c, fiber.StatusOK, map[string]string{"status": "ok"})
}

// readyz says whether requests can be served.
func (d *door) readyz(c *fiber.Ctx) error {
	if err := d.Ready(c.UserContext()); err != nil {
		d.Log.Error("not ready", "error", err)
		c.Set(fiber.HeaderRetryAfter, "1")
		return answer(c, fiber.StatusServiceUnavailable, map[string]string{"status": "not ready, see the log"})
	}
	return answer(c, fiber.StatusOK, map[string]string{"status": "ok"})
}

// showMetrics gives what can be counted, in Prometheus' text form.
func (d *door) showMetrics(c *fiber.Ctx) error {
	text, err := d.Metrics(c.UserContext())
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/plain; version=0.0.4; charset=utf-8")
	return c.Send(text)
}
