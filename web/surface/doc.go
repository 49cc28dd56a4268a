// Package surface is the shape that all doors share: how a request is bounded, named, logged and answered when
// something goes wrong. It knows nothing of offers and phrases no error of its own: each door gives the
// function that does.
//
// Files: surface.go (a door's app: request id, deadline, log, headers), address.go (who calls), limit.go and failures.go (how often),
// asset.go (style and scripts), listen.go.
package surface
