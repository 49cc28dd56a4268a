package portal

import (
	"context"
	"strings"

	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
)

// actWord says what was done.
func actWord(ctx context.Context, a staff.Act) string {
	for _, words := range []func(context.Context, staff.Act) string{signInWord, accessWord, offerWord} {
		if w := words(ctx, a); w != "" {
			return w
		}
	}
	return string(a)
}

func signInWord(ctx context.Context, a staff.Act) string {
	return map[staff.Act]string{
		staff.ActSignedIn: i18n.T(ctx, "Signed in"), staff.ActSignInFailed: i18n.T(ctx, "Sign-in failed"), staff.ActSignedOut: i18n.T(ctx, "Signed out"),
		staff.ActSessionEnded: i18n.T(ctx, "Sessions ended"), staff.ActPasskeyAdded: i18n.T(ctx, "Passkey added"), staff.ActPasskeyRemoved: i18n.T(ctx, "Passkey removed"),
		staff.ActAppAdded: i18n.T(ctx, "Authenticator app set up"), staff.ActAppRemoved: i18n.T(ctx, "Authenticator app removed"),
		staff.ActCodesRenewed: i18n.T(ctx, "Recovery codes made"), staff.ActAccessSetUp: i18n.T(ctx, "Setup code used, password chosen"),
	}[a]
}

func accessWord(ctx context.Context, a staff.Act) string {
	return map[staff.Act]string{
		staff.ActPersonAdded: i18n.T(ctx, "Person added"), staff.ActPersonDisabled: i18n.T(ctx, "Person shut out"), staff.ActPersonEnabled: i18n.T(ctx, "Person let in again"),
		staff.ActRolesChanged: i18n.T(ctx, "Roles changed"), staff.ActAccessReset: i18n.T(ctx, "Access reset"),
		staff.ActClientAdded: i18n.T(ctx, "API client added"), staff.ActClientChanged: i18n.T(ctx, "API client changed"), staff.ActClientDisabled: i18n.T(ctx, "API client shut out"), staff.ActClientEnabled: i18n.T(ctx, "API client let in again"),
		staff.ActKeyAdded: i18n.T(ctx, "API key made"), staff.ActKeyRevoked: i18n.T(ctx, "API key ended"),
		staff.ActCallbackAdded: i18n.T(ctx, "Callback endpoint added"), staff.ActCallbackChanged: i18n.T(ctx, "Callback endpoint changed"),
		staff.ActCallbackPaused: i18n.T(ctx, "Callback endpoint paused"), staff.ActCallbackResumed: i18n.T(ctx, "Callback endpoint switched on"),
		staff.ActCallbackRotated: i18n.T(ctx, "Callback secret renewed"), staff.ActCallbackDeleted: i18n.T(ctx, "Callback endpoint deleted"),
		staff.ActTypeAdded: i18n.T(ctx, "Credential type added"),
	}[a]
}

func offerWord(ctx context.Context, a staff.Act) string {
	return map[staff.Act]string{
		staff.ActOfferCreated: i18n.T(ctx, "Offer made"), staff.ActOfferCancelled: i18n.T(ctx, "Offer cancelled"), staff.ActOfferReplaced: i18n.T(ctx, "Offer replaced"),
		staff.ActOfferApproved: i18n.T(ctx, "Offer approved"), staff.ActOfferDenied: i18n.T(ctx, "Offer turned down"),
		staff.ActCodeRevealed: i18n.T(ctx, "Code shown"), staff.ActCodeRenewed: i18n.T(ctx, "New code made"), staff.ActAuditExported: i18n.T(ctx, "Audit trail exported"),
	}[a]
}

// detailWords says how something was done. What an entry has there is said by what it is about: the name that somebody gave to a passkey
// stays as it is, whatever it is like, and so do scopes and queries, which are for programs.
func detailWords(ctx context.Context, e staff.Entry) string {
	words := map[staff.Act]func(context.Context, string) string{
		staff.ActSignedIn: signInDetails, staff.ActSignInFailed: signInDetails, staff.ActSessionEnded: endedWord,
		staff.ActPersonAdded: recordedRoles, staff.ActRolesChanged: changedRoles, staff.ActKeyAdded: keyWord, staff.ActKeyRevoked: keyWord,
	}[e.Act]
	if words == nil {
		return e.Details
	}
	return words(ctx, e.Details)
}

// signInDetails says how somebody signed in or tried to; after it stands what they may do, or how many failures were not recorded.
func signInDetails(ctx context.Context, details string) string {
	method, more, _ := strings.Cut(details, staff.DetailSeparator)
	words := methodWord(ctx, staff.Method(method))
	if n, ok := strings.CutPrefix(more, staff.DetailLeftOut); ok {
		return words + staff.DetailSeparator + i18n.T(ctx, "left out before this one: %s", n)
	}
	if more == "" {
		return words
	}
	return words + staff.DetailSeparator + recordedRoles(ctx, more)
}

func endedWord(ctx context.Context, details string) string {
	switch details {
	case staff.DetailOneSession:
		return i18n.T(ctx, "one session")
	case staff.DetailOtherSessions:
		return i18n.T(ctx, "all other sessions")
	case staff.DetailAtProvider:
		return i18n.T(ctx, "at the identity provider")
	}
	return details
}

func keyWord(ctx context.Context, details string) string {
	id, ok := strings.CutPrefix(details, staff.DetailKey)
	if !ok {
		return details
	}
	return i18n.T(ctx, "key %s", id)
}

func changedRoles(ctx context.Context, details string) string {
	before, after, _ := strings.Cut(details, staff.DetailArrow)
	return recordedRoles(ctx, before) + staff.DetailArrow + recordedRoles(ctx, after)
}

// recordedRoles says roles that stand in an entry.
func recordedRoles(ctx context.Context, list string) string {
	var roles []staff.Role
	for name := range strings.SplitSeq(list, ", ") {
		roles = append(roles, staff.Role(name))
	}
	return roleWords(ctx, roles)
}
