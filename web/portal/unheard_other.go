//go:build !linux

package portal

import (
	"net"
	"time"
)

// limitUnheard does nothing where there is no such option: there the system gives up in its own time.
func limitUnheard(net.Conn, time.Duration) error { return nil }
