package staff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// The audit trail says who did what at the portal, at the management door and at the command line. What wallets do to an offer stands on the
// offer's timeline, and what a back-end does to one as well: they come too often to wait for each other in one chain.
//
// An entry travels in the context, so that the record appends it in the very transaction that it is about, whatever part of the program
// began it: ctx = Audited(ctx, ActRolesChanged, name, "auditor"), and then the change. Entries hold no claim and no secret.

// Via is which door somebody came by.
type Via string

// The doors.
const (
	ViaPortal  Via = "portal"
	ViaAPI     Via = "api"
	ViaCommand Via = "command line"
)

// Actor is who does something. Name is empty while nobody is known.
type Actor struct {
	Name    string
	Via     Via
	Address string
}

// Act names what was done, in the past tense.
type Act string

// What is recorded.
const (
	ActSignedIn       Act = "sign_in.done"
	ActSignInFailed   Act = "sign_in.failed"
	ActSignedOut      Act = "sign_out.done"
	ActSessionEnded   Act = "session.ended"
	ActPasskeyAdded   Act = "passkey.added"
	ActPasskeyRemoved Act = "passkey.removed"
	ActAppAdded       Act = "authenticator.added"
	ActAppRemoved     Act = "authenticator.removed"
	ActCodesRenewed   Act = "recovery_codes.renewed"

	ActPersonAdded    Act = "person.added"
	ActPersonDisabled Act = "person.disabled"
	ActPersonEnabled  Act = "person.enabled"
	ActRolesChanged   Act = "person.roles_changed"
	ActAccessReset    Act = "person.access_reset"
	ActAccessSetUp    Act = "person.access_set_up"

	ActClientAdded    Act = "client.added"
	ActClientChanged  Act = "client.changed"
	ActClientDisabled Act = "client.disabled"
	ActClientEnabled  Act = "client.enabled"
	ActKeyAdded       Act = "key.added"
	ActKeyRevoked     Act = "key.revoked"

	ActCallbackAdded   Act = "callback.added"
	ActCallbackChanged Act = "callback.changed"
	ActCallbackPaused  Act = "callback.paused"
	ActCallbackResumed Act = "callback.resumed"
	ActCallbackRotated Act = "callback.secret_renewed"
	ActCallbackDeleted Act = "callback.deleted"
	ActTypeAdded       Act = "type.added"

	ActOfferCreated   Act = "offer.created"
	ActOfferCancelled Act = "offer.cancelled"
	ActOfferReplaced  Act = "offer.replaced"
	ActOfferApproved  Act = "offer.approved"
	ActOfferDenied    Act = "offer.denied"
	ActCodeRevealed   Act = "code.revealed"
	ActCodeRenewed    Act = "code.renewed"

	ActAuditExported Act = "audit.exported"
)

// Acts lists everything that is recorded, once.
func Acts() []Act {
	return []Act{
		ActSignedIn, ActSignInFailed, ActSignedOut, ActSessionEnded, ActPasskeyAdded, ActPasskeyRemoved, ActAppAdded, ActAppRemoved, ActCodesRenewed,
		ActPersonAdded, ActPersonDisabled, ActPersonEnabled, ActRolesChanged, ActAccessReset, ActAccessSetUp,
		ActClientAdded, ActClientChanged, ActClientDisabled, ActClientEnabled, ActKeyAdded, ActKeyRevoked,
		ActCallbackAdded, ActCallbackChanged, ActCallbackPaused, ActCallbackResumed, ActCallbackRotated, ActCallbackDeleted, ActTypeAdded,
		ActOfferCreated, ActOfferCancelled, ActOfferReplaced, ActOfferApproved, ActOfferDenied, ActCodeRevealed, ActCodeRenewed, ActAuditExported,
	}
}

// Entry is one row of the audit trail.
type Entry struct {
	Sequence int64
	At       time.Time
	Actor    Actor
	Act      Act
	// Object is what it was done to: a name or an id. Details say how, in a few words.
	Object, Details string
	Hash            []byte
}

// What details are made of, besides methods of signing in, roles, scopes and names. It stays as it is in the record and in exports; who shows
// it to somebody says it in their language.
const (
	DetailSeparator = "; "   // between the method of signing in and what more there is
	DetailArrow     = " → "  // between the roles before and after
	DetailKey       = "key " // before the id of an API key
	DetailLeftOut   = "left out before this one: "

	DetailOneSession    = "one"
	DetailOtherSessions = "all others"
	DetailAtProvider    = "at the identity provider"
)

// longestText bounds each text of an entry, in bytes.
const longestText = 300

// Clean gives the entry with texts that every database takes, each on one line.
func (e Entry) Clean() Entry {
	for _, text := range []*string{&e.Actor.Name, &e.Actor.Address, &e.Object, &e.Details} {
		*text = strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(*text, ""))
		*text = strings.ToValidUTF8((*text)[:min(len(*text), longestText)], "")
	}
	return e
}

// Chained gives the hash of the entry after one with the hash previous, which is empty for the first: SHA-256 over a JSON list, in which
// no two entries are written alike.
func (e Entry) Chained(previous []byte) ([]byte, error) {
	text, err := json.Marshal([]any{
		hex.EncodeToString(previous), e.Sequence, e.At.UnixMilli(), e.Actor.Name, e.Actor.Via, e.Actor.Address, e.Act, e.Object, e.Details,
	})
	if err != nil {
		return nil, fmt.Errorf("write audit entry: %w", err)
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}

type (
	actorKey struct{}
	entryKey struct{}
)

// As gives a context in which an actor does what is done.
func As(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

// ActorOf gives who acts in a context; nobody when it was not said.
func ActorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// Pending is an entry that waits for the transaction that it is about. It is for one goroutine.
type Pending struct {
	Entry
	// Written is set by the record once it is committed.
	Written bool
}

// Audited gives a context whose next committed change is recorded as done by the context's actor. An object that only the change knows, as
// the id of what it makes, is left empty for the record to fill in.
func Audited(ctx context.Context, act Act, object, details string) context.Context {
	e := Entry{Actor: ActorOf(ctx), Act: act, Object: object, Details: details}
	return context.WithValue(ctx, entryKey{}, &Pending{Entry: e})
}

// PendingEntry gives the entry that waits in a context; nil when none does.
func PendingEntry(ctx context.Context) *Pending {
	p, _ := ctx.Value(entryKey{}).(*Pending)
	if p == nil || p.Written {
		return nil
	}
	return p
}
