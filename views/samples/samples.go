package samples

import (
	"slices"

	"github.com/a-h/templ"
)

// Sample is one page in one state. Model is what the page is made of: what stands in it is data and not the page's own words.
type Sample struct {
	Name  string // unique; area and state
	Model any
	Page  templ.Component
}

// All lists the samples, those of one area after one another.
func All() []Sample {
	return slices.Concat(landingSamples(), helpSamples(), counterSamples(), displaySamples(), paperSamples(), walletSamples(), offerSamples(), approvalSamples(), officeSamples(), staffSamples(), formSamples())
}

// of makes a sample of a page.
func of[M any](name string, page func(M) templ.Component, model M) Sample {
	return Sample{Name: name, Model: model, Page: page(model)}
}
