// Package migrations holds the schema as numbered plain SQL, one folder for each database. A test holds both
// folders to the same versions, tables and columns.
package migrations
