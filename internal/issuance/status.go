package issuance

import "slices"

// Status is where an offer is in its life.
type Status string

// The statuses of an offer, in the order of a good life and then the bad ends.
const (
	StatusPending   Status = "pending"
	StatusReady     Status = "ready"
	StatusRetrieved Status = "retrieved"
	StatusRedeemed  Status = "redeemed"
	StatusIssued    Status = "issued"
	StatusConfirmed Status = "confirmed"
	StatusCancelled Status = "cancelled"
	StatusExpired   Status = "expired"
	StatusFailed    Status = "failed"
)

// Statuses lists every status once.
func Statuses() []Status {
	return []Status{StatusPending, StatusReady, StatusRetrieved, StatusRedeemed, StatusIssued, StatusConfirmed, StatusCancelled, StatusExpired, StatusFailed}
}

// Sources gives the statuses from which an offer may move to the given one. It is
// the one table of moves: guarded updates take their WHERE clause from it.
func Sources(to Status) []Status {
	switch to {
	case StatusPending:
		return nil
	case StatusReady:
		return []Status{StatusPending}
	case StatusRetrieved:
		return []Status{StatusReady}
	case StatusRedeemed:
		return []Status{StatusReady, StatusRetrieved}
	case StatusIssued:
		return []Status{StatusRedeemed}
	case StatusConfirmed:
		return []Status{StatusIssued}
	case StatusCancelled:
		return []Status{StatusPending, StatusReady, StatusRetrieved}
	case StatusExpired, StatusFailed:
		return []Status{StatusPending, StatusReady, StatusRetrieved, StatusRedeemed}
	}
	return nil
}

// Ended tells whether the offer can no longer lead to its first credential: it was
// issued, or it came to a bad end.
func (s Status) Ended() bool {
	return !slices.Contains(Sources(StatusExpired), s)
}

// Fetchable tells whether the offer may still be fetched and its code redeemed.
func (s Status) Fetchable() bool { return slices.Contains(Sources(StatusRedeemed), s) }
