// Package people is the pages on which administrators look after who may use the portal.
package people
