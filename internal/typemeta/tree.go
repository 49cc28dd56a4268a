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
// twice, null and an index on one array, a claim that is array and object.
func (r *reader) tree(t *Type) {
	root := &node{}
	for i := range t.Claims {
		c := &t.Claims[i]
		n := root
		for _, step := range c.Path {
			next, err := n.step(step)
			if err != nil {
				r.fault(r.places[i], "%s", err.Error())
				break
			}
			n = next
		}
		if n.claim != nil {
			r.fault(r.places[i], "is described twice")
		}
		n.claim = c
	}
	t.tree = root
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

// at gives the node of an element.
func (n *node) at(i int) *node {
	if n.elements != nil {
		return n.elements
	}
	return n.indexes[i]
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
			n = n.at(s)
		}
	}
	if n == nil || n.claim == nil {
		return Never
	}
	return n.claim.SD
}
