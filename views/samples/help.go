package samples

import (
	"counterfoil/views/help"
	"counterfoil/views/layout"
)

func helpSamples() []Sample {
	show := func(n help.Name) help.Show {
		g := help.Read("en", n)
		return help.Show{Page: layout.Page{Title: g.Title, Person: "Carla Clerk", Here: n.Path(), Help: help.Counter.Path(), Narrow: true, Brand: layout.Brand{Name: bank}}, Name: n, Guide: g}
	}
	counter, keys, noKeys := show(help.Counter), show(help.Keyboard), show(help.Keyboard)
	counter.Elsewhere, keys.Keys = help.Read("en", help.Administration).Chapters(), true
	return []Sample{
		of("help-counter", help.Page, counter),
		of("help-troubles", help.Page, show(help.Troubles)),
		of("help-administration", help.Page, show(help.Administration)),
		of("help-keys", help.Page, keys),
		of("help-keys-off", help.Page, noKeys),
	}
}
