package typemeta

import "errors"

// node is one place in the claims of a type.
type node struct {
	claim    *Claim
	members  map[string]*node
	elements *node         // what null points to
	indexes  map[int]*node // what an index points to
}

// tree arranges the claims by path and reports contradictions (OpenID4VCI 1.0 Appendix B.3): a claim
// twice, null and an index on one array, a claim that is array and object, and a fixed place that no list can have because one before it is
// not described.
func (r *reader) tree(t *Type) {
	root := &node{}
	for i := range t.Claims {
		c := &t.Claims[i]
		n := root
		for _, step := range c.Path {
			next, err := n.step(step)
			if err != nil {
				r.fault(r.places[i], err.Error())
				break
			}
			n = next
		}
		if n.claim != nil {
			r.fault(r.places[i], "is described twice")
		}
		n.claim = c
	}
	for i, c := range t.Claims {
		if root.gap(c.Path) {
			r.fault(r.places[i]+"/path", "has an index, and no claim has the one before it")
		}
	}
	t.tree = root
}

// gap tells whether a path leads to a fixed place of a list with nothing described at the place before.
func (n *node) gap(path Path) bool {
	for _, step := range path {
		if s, isPlace := step.(int); isPlace && s > 0 && n.below(s-1) == nil {
			return true
		}
		if n = n.below(step); n == nil {
			return false
		}
	}
	return false
}

// below gives the node that a step of a path leads to; nil when nothing is described there.
func (n *node) below(step any) *node {
	switch s := step.(type) {
	case string:
		return n.members[s]
	case int:
		return n.indexes[s]
	}
	return n.elements
}

// node gives the node that a path leads to; nil when nothing is described there.
func (t Type) node(path Path) *node {
	n := t.tree
	for _, step := range path {
		if n == nil {
			return nil
		}
		n = n.below(step)
	}
	return n
}

func (n *node) step(step any) (*node, error) {
	_, isName := step.(string)
	if isName && (n.elements != nil || n.indexes != nil) || !isName && n.members != nil {
		return nil, errors.New("is an array and an object")
	}
	switch s := step.(type) {
	case string:
		if n.members == nil {
			n.members = map[string]*node{}
		}
		if n.members[s] == nil {
			n.members[s] = &node{}
		}
		return n.members[s], nil
	case int:
		if n.elements != nil {
			return nil, errors.New("has null and an index on one array")
		}
		if n.indexes == nil {
			n.indexes = map[int]*node{}
		}
		if n.indexes[s] == nil {
			n.indexes[s] = &node{}
		}
		return n.indexes[s], nil
	default:
		if n.indexes != nil {
			return nil, errors.New("has null and an index on one array")
		}
		if n.elements == nil {
			n.elements = &node{}
		}
		return n.elements, nil
	}
}

// leaf tells whether nothing is described below.
func (n *node) leaf() bool { return n.members == nil && n.elements == nil && n.indexes == nil }

// at gives the node of an element, and the step that leads to it.
func (n *node) at(i int) (*node, any) {
	if n.elements != nil {
		return n.elements, nil
	}
	return n.indexes[i], i
}

// SD gives the rule of selective disclosure for a place in the claims of a credential, where numbers
// are positions in an array. What the type does not describe itself is never disclosed apart from
// what it belongs to.
func (t Type) SD(path []any) SD {
	n := t.tree
	for _, step := range path {
		if n == nil {
			return Never
		}
		switch s := step.(type) {
		case string:
			n = n.members[s]
		case int:
			n, _ = n.at(s)
		}
	}
	if n == nil || n.claim == nil {
		return Never
	}
	return n.claim.SD
}
