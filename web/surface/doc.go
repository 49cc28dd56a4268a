// Package surface is the shape that all doors share: how a request is bounded, named, logged and answered when
// something goes wrong. It knows nothing of offers and phrases no error of its own: each door gives the
// function that does.
//
// Files: surface.go (a door's app), request.go (request id, deadline, log), headers.go.
package surface
