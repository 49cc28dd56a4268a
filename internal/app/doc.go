// Package app is the assembly: the only place that knows every part and wires them. The
// commands and the end-to-end tests start the same App. It decides nothing about offers.
//
// Files: app.go (New, Run, Close), parts.go (database, keys, types, use cases), doors.go (the three listeners),
// tls.go (what the doors accept), callers.go (who may call the management door), demo.go (what only the demo has), work.go (what runs beside the doors),
// once.go (opening the database for a single command).
package app
