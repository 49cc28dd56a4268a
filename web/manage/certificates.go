package manage

import (
	"github.com/gofiber/fiber/v2"
)

// certificateShown is how long one of the certificates in use is valid.
type certificateShown struct {
	Purpose   string `json:"purpose"`
	Subject   string `json:"subject"`
	NotBefore string `json:"not_before"`
	NotAfter  string `json:"not_after"`
	DaysLeft  int    `json:"days_left"`
}

func (d *door) listCertificates(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	out := []certificateShown{}
	for _, v := range d.Signing.Validity(d.Clock()) {
		out = append(out, certificateShown{string(v.Purpose), v.Subject, stamp(v.NotBefore), stamp(v.NotAfter), v.DaysLeft})
	}
	return answer(c, fiber.StatusOK, map[string]any{"certificates": out})
}
