package surface

import (
	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
)

// Audited lets what a handler changes be recorded in the audit trail, in the same transaction, as done by whoever was let in. Param is the
// parameter of the route that names what is changed; empty when it is made by the change.
func Audited(act staff.Act, param string, h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		object := ""
		if param != "" {
			object = c.Params(param)
		}
		c.SetUserContext(staff.Audited(c.UserContext(), act, object, ""))
		return h(c)
	}
}
