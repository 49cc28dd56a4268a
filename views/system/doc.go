// Package system is the page that says whether the installation can go live.
package system
