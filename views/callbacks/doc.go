// Package callbacks is the pages where callback endpoints are looked after.
package callbacks
