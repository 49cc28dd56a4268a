// Package storetest gives tests a PostgreSQL database of their own.
package storetest
