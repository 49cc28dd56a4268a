// Package offers is the pages about offers: the form, the counter screen and the list.
package offers
