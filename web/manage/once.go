package manage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/strictjson"
)

// How long a key keeps its meaning, and how long its work may take before it is given up for dead.
const (
	keyLife  = 24 * time.Hour
	workTime = 60 * time.Second
)

// Answers keeps what POSTs with an Idempotency-Key were answered.
type Answers interface {
	BeginAnswer(ctx context.Context, c issuance.AnswerClaim) (issuance.Answered, error)
	FinishAnswer(ctx context.Context, keyHash []byte, a issuance.Answered) error
	DropAnswer(ctx context.Context, keyHash []byte) error
}

// once makes a POST that comes again with the same Idempotency-Key get the first answer instead of doing its work again. Only success
// is kept: what was refused did nothing and may be asked anew. POST /offers has a way of its own, in which key and offer commit together.
func (d *door) once(do fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if _, err := readQuery(c); err != nil {
			return err
		}
		key, err := readIdempotencyKey(c)
		if err != nil {
			return err
		}
		if key == "" {
			return do(c)
		}
		return d.answerOnce(c, key, do)
	}
}

// bodiless refuses what is said to a POST that has nothing to be told, before it does anything.
func bodiless(do fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := readNothing(c); err != nil {
			return err
		}
		return do(c)
	}
}

// onceOrDry is once for a POST that can also be tried: dry is what a dry run does, which stores nothing and spends no key.
func (d *door) onceOrDry(do, dry fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		dryRun, err := readDryRun(c)
		if err != nil {
			return err
		}
		key, err := readIdempotencyKey(c)
		if err != nil {
			return err
		}
		switch {
		case dryRun:
			return dry(c)
		case key == "":
			return do(c)
		}
		return d.answerOnce(c, key, do)
	}
}

func (d *door) answerOnce(c *fiber.Ctx, key string, do fiber.Handler) error {
	now := d.Clock()
	claim := issuance.AnswerClaim{
		KeyHash:     issuance.KeyHash(issuance.ChannelManagement, caller(c.UserContext()), key),
		RequestHash: fingerprint(c), At: now, LeaseUntil: now.Add(workTime), ExpiresAt: now.Add(keyLife),
	}
	before, err := d.Answers.BeginAnswer(c.UserContext(), claim)
	if err != nil {
		return err
	}
	if before.Status != 0 {
		return replayAnswer(c, before)
	}
	// Whatever became of the request's own time, the key must not stay taken.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), workTime)
	defer cancel()
	if err := do(c); err != nil {
		if dropErr := d.Answers.DropAnswer(ctx, claim.KeyHash); dropErr != nil {
			d.Log.Error("let go of an idempotency key", "error", dropErr)
		}
		return err
	}
	location, body := c.GetRespHeader(fiber.HeaderLocation), c.Response().Body()
	if kept, has := c.Locals(keptKey{}).([]byte); has {
		body = kept
	}
	return d.Answers.FinishAnswer(ctx, claim.KeyHash, issuance.Answered{
		Status: c.Response().StatusCode(), Body: append([]byte(location+"\n"), body...),
	})
}

type keptKey struct{}

// answerShownOnce answers with full, of which a repeat gets kept: an API key is nowhere but in the first answer, not even sealed in the
// record of answers. Whoever lost that answer revokes the key and makes another.
func answerShownOnce(c *fiber.Ctx, status int, full, kept any) error {
	body, err := strictjson.Encode(kept)
	if err != nil {
		return err
	}
	c.Locals(keptKey{}, body)
	return answer(c, status, full)
}

// fingerprint tells requests apart: method, path and body. The one parameter that a POST may have is dry_run, and a dry run takes no key.
func fingerprint(c *fiber.Ctx) []byte {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(c.Method()), []byte(c.Path()), c.Body()} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	return h.Sum(nil)
}

func replayAnswer(c *fiber.Ctx, a issuance.Answered) error {
	location, body, _ := bytes.Cut(a.Body, []byte("\n"))
	if len(location) > 0 {
		c.Set(fiber.HeaderLocation, string(location))
	}
	c.Set("Idempotent-Replayed", "true")
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(a.Status).Send(body)
}
