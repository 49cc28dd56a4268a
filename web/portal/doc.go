// Package portal is the staff portal: pages for people. It maps the domain to view models, so that a page shows what it was
// given and nothing else, and phrases refusals as pages. Every page works without scripts.
//
// Files: portal.go (every route), session.go (who is signed in), guard.go (what must hold of every request), home.go, form.go (a new offer),
// offers.go (counter and list), print.go (what of an offer goes on paper), story.go (events in plain words), stream.go (ticks while something changes),
// signin.go, passkey.go, setup.go and account.go (how people come in), people.go, clients.go and audit.go with auditwords.go and auditexport.go
// (who may come in, and who did what), language.go, display.go (what customers see), pair.go (who shows them what), system.go (whether the installation can go live), demowallet.go, errors.go.
package portal
