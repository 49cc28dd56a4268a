// Package demowallet is the page of the demo's wallet: what a customer's phone would do, in the browser.
package demowallet
