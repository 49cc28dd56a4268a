// Command counterfoil issues digital credentials into EUDI Wallets: a wallet door for
// OpenID4VCI, a management door for back-ends and a portal for staff, in one process.
package main
