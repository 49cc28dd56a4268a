package manage

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/accesstoken"
	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/internal/strictjson"
	"counterfoil/web/surface"
)

// problem is the body of every refusal (RFC 9457), with the members of an OAuth error beside it.
type problem struct {
	// Type leads to the row of the code in the document for people, at this door (RFC 9457 §3.1.1).
	Type        string         `json:"type"`
	Title       string         `json:"title"`
	Status      int            `json:"status"`
	Detail      string         `json:"detail,omitzero"`
	Code        string         `json:"code"`
	Error       string         `json:"error"`
	Description string         `json:"error_description,omitzero"`
	Errors      []problemField `json:"errors,omitzero"`
	RequestID   string         `json:"request_id"`
}

// problemField is one faulty member: an RFC 6901 pointer into the request.
type problemField struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Reason  string `json:"reason"`
}

// maxErrors bounds how many faulty members an answer names: a request must not get an answer many times its size.
const maxErrors = 100

// unfit is the title of a request whose form is right and whose members are not.
const unfit = "The request does not fit"

// phrase answers an error as a problem document. It is the only place where the management door does.
func (d *door) phrase(c *fiber.Ctx, err error) error {
	p := d.problem(c, err)
	p.Errors = p.Errors[:min(len(p.Errors), maxErrors)]
	p.Type, p.Error, p.Description, p.RequestID = docsPath+"#"+p.Code, p.Code, p.Detail, surface.RequestID(c)
	b, err := strictjson.Encode(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return c.Status(p.Status).Send(b)
}

func (d *door) problem(c *fiber.Ctx, err error) problem {
	var form malformed
	if errors.As(err, &form) {
		title := "The request is malformed"
		if form.status == fiber.StatusUnprocessableEntity {
			title = unfit
		}
		return problem{Title: title, Status: form.status, Code: form.code, Detail: form.detail, Errors: form.fields}
	}
	var refusal *issuance.Error
	if errors.As(err, &refusal) {
		return refused(refusal)
	}
	if p, known := d.notLetIn(c, err); known {
		return p
	}
	switch status := surface.StatusOf(err); status {
	case 0:
	case fiber.StatusNotFound:
		return problem{Title: "Nothing is here", Status: status, Code: "not_found", Detail: "there is nothing at this address"}
	case fiber.StatusMethodNotAllowed:
		return problem{Title: "Another method", Status: status, Code: "method_not_allowed", Detail: "this address takes other methods, see Allow"}
	case fiber.StatusTooManyRequests:
		return problem{Title: "Too often", Status: status, Code: "too_many_requests", Detail: "too many calls from this address, or too many without a key, certificate or token that is known; try again after the time in Retry-After"}
	case fiber.StatusRequestEntityTooLarge:
		return problem{Title: "Too large", Status: status, Code: "payload_too_large", Detail: "the body is larger than 1 MiB"}
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return problem{Title: "Too large", Status: status, Code: "headers_too_large", Detail: "address and headers are together larger than 32 KiB"}
	default:
		return problem{Title: "The request is malformed", Status: status, Code: "bad_request", Detail: "this is not HTTP as this address takes it"}
	}
	surface.Fault(c, d.Log, err)
	if surface.Unavailable(c, err) {
		return problem{
			Title: "Not now", Status: fiber.StatusServiceUnavailable, Code: "temporarily_unavailable",
			Detail: "nothing was done, because the database is away or too slow; try again",
		}
	}
	return problem{
		Title: "Something went wrong here", Status: fiber.StatusInternalServerError, Code: "server_error",
		Detail: "nothing was done; try again, and name the request_id when it stays",
	}
}

// notLetIn phrases what is about who calls, and what they may do.
func (d *door) notLetIn(c *fiber.Ctx, err error) (p problem, known bool) {
	var not forbidden
	var about *staff.Error
	switch {
	case errors.Is(err, errStranger):
		if d.Access.challenge != "" { // the same for every reason (RFC 6750 §3)
			c.Set(fiber.HeaderWWWAuthenticate, d.Access.challenge)
		}
		return problem{
			Title: "Who is calling?", Status: fiber.StatusUnauthorized, Code: "unauthenticated",
			Detail: "this address takes calls from clients that are known and were not shut out",
		}, true
	case errors.As(err, &not):
		if not.scope != "" && d.Access.challenge != "" { // RFC 6750 §3.1
			c.Set(fiber.HeaderWWWAuthenticate, d.Access.challenge+` error="insufficient_scope", scope="`+string(not.scope)+`"`)
		}
		return problem{Title: "Not allowed", Status: fiber.StatusForbidden, Code: not.code, Detail: not.words()}, true
	case errors.As(err, &about):
		return refusedClient(about), true
	case errors.Is(err, accesstoken.ErrAway):
		d.Log.Error("authorization server", "error", err.Error(), "request_id", surface.RequestID(c))
		c.Set(fiber.HeaderRetryAfter, "5")
		return problem{
			Title: "Not now", Status: fiber.StatusServiceUnavailable, Code: "temporarily_unavailable",
			Detail: "nothing was done, because the keys of the authorization server cannot be read just now; try again",
		}, true
	}
	return problem{}, false
}

// words says what a known caller may not do.
func (e forbidden) words() string {
	switch e.code {
	case codeNetwork:
		return "this client may not call from this address"
	case codeType:
		return "this client has nothing to do with this credential configuration"
	}
	return "this takes the scope " + string(e.scope)
}

// refusedClient phrases a refusal about clients and keys.
func refusedClient(e *staff.Error) problem {
	p := problem{Code: e.Code, Detail: e.Reason}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, problemField{f.Pointer, e.Code, f.Reason})
	}
	switch e.Kind {
	case staff.Invalid:
		p.Title, p.Status = unfit, fiber.StatusUnprocessableEntity
	case staff.NotFound:
		p.Title, p.Status = "Not found", fiber.StatusNotFound
	case staff.Conflict:
		p.Title, p.Status = "Not possible as it is", fiber.StatusConflict
	case staff.Denied:
		p.Title, p.Status = "Not allowed", fiber.StatusForbidden
	case staff.Limited:
		p.Title, p.Status = "Too many tries", fiber.StatusTooManyRequests
	}
	return p
}

// refused phrases a domain refusal.
func refused(e *issuance.Error) problem {
	p := problem{Code: e.Code, Detail: e.Reason}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, problemField{f.Pointer, f.Code, f.Reason})
	}
	switch e.Kind {
	case issuance.Invalid:
		p.Title, p.Status = unfit, fiber.StatusUnprocessableEntity
		if e.Code == issuance.CodeUnknownType {
			p.Status = fiber.StatusBadRequest // what other systems of this kind answer
		}
	case issuance.NotFound:
		p.Title, p.Status = "Not found", fiber.StatusNotFound
	case issuance.Conflict, issuance.Expired:
		p.Title, p.Status = "Not possible any more", fiber.StatusConflict
		if e.Code == issuance.CodeIdempotencyMismatch {
			p.Title, p.Status = "The key was used before", fiber.StatusUnprocessableEntity
		}
		if e.Code == issuance.CodeTooManyEndpoints {
			p.Title, p.Status = "Too many", fiber.StatusUnprocessableEntity // CB-103
		}
	case issuance.Denied, issuance.Locked:
		p.Title, p.Status = "Not allowed", fiber.StatusForbidden
	}
	return p
}

func answer(c *fiber.Ctx, status int, v any) error {
	b, err := strictjson.Encode(v)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(status).Send(b)
}
