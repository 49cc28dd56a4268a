// Package account is the pages on which people look after how they sign in.
package account
