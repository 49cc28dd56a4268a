// Package apidocs is the page that explains the management API to people: what the OpenAPI document says, to be read.
package apidocs
