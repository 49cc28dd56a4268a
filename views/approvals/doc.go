// Package approvals is the pages of a second person: what waits for approval, and one offer with what it will say.
package approvals
