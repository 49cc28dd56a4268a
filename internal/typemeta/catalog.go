package typemeta

import (
	"fmt"
	"slices"
	"sync/atomic"
)

// Catalog is the types that can be issued, with the versions they had. It may be replaced as a whole while others read it.
type Catalog struct{ now atomic.Pointer[edition] }

// edition is one state of the catalog; it is never changed.
type edition struct {
	number   uint64
	newest   []Type
	versions map[string]Type
}

// NewCatalog makes a catalog of types and versions.
func NewCatalog(types []Type) *Catalog {
	c := &Catalog{}
	c.Replace(types)
	return c
}

// Replace makes the catalog these types and versions, in any order.
func (c *Catalog) Replace(types []Type) {
	next := &edition{number: 1, versions: map[string]Type{}}
	if before := c.now.Load(); before != nil {
		next.number = before.number + 1
	}
	for _, t := range types {
		next.versions[versionKey(t.ID, t.Version)] = t
		i := slices.IndexFunc(next.newest, func(n Type) bool { return n.ID == t.ID })
		switch {
		case i < 0:
			next.newest = append(next.newest, t)
		case t.Version > next.newest[i].Version:
			next.newest[i] = t
		}
	}
	c.now.Store(next)
}

func versionKey(id string, version int) string { return fmt.Sprintf("%s %d", id, version) }

// Edition grows whenever the catalog is replaced, so that what was made from it can be made anew.
func (c *Catalog) Edition() uint64 { return c.now.Load().number }

// All gives the newest version of every type. It must not be changed.
func (c *Catalog) All() []Type { return c.now.Load().newest }

// Type gives the newest version of a type.
func (c *Catalog) Type(id string) (Type, bool) {
	all := c.All()
	i := slices.IndexFunc(all, func(t Type) bool { return t.ID == id })
	if i < 0 {
		return Type{}, false
	}
	return all[i], true
}

// Version gives one version of a type.
func (c *Catalog) Version(id string, version int) (Type, bool) {
	t, ok := c.now.Load().versions[versionKey(id, version)]
	return t, ok
}
