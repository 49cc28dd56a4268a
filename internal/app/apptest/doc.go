// Package apptest runs the app that ships beside a test.
package apptest
