package app

import (
	"slices"

	"counterfoil/internal/config"
	"counterfoil/internal/outbound"
)

// callbackOptions is where callbacks may go besides public addresses: to the networks that the settings name, and in the demo to
// this machine, where whoever tries it has their receiver.
func callbackOptions(cfg config.Config, o Options) outbound.Options {
	options := outbound.Options{Allow: slices.Clone(cfg.CallbackAllow)}
	if o.Demo {
		options.Allow = append(options.Allow, outbound.Loopback()...)
	}
	return options
}

// WalletOptions is where a wallet for trials may go: to an issuer anywhere, also on this machine, by any of its addresses, and in a
// private network.
func WalletOptions() outbound.Options {
	return outbound.Options{Allow: slices.Concat(outbound.Loopback(), outbound.Private(), outbound.Own()), AllowOwn: true}
}
