package issuance

import "context"

type requestKey struct{}

// WithRequest gives a context of the work on one request. ID is the name that the door made for it and wrote into its log; what a caller
// says of itself is no such name. Events and looks that come of the work keep it, so that whoever helps finds the line of the log.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestOf gives the name of the request that a context is about; empty when it is about none.
func RequestOf(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
