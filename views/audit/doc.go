// Package audit is the page of the audit trail.
package audit
