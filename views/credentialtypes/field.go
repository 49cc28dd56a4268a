package credentialtypes

// documentField is one of the two documents in the form.
type documentField struct{ ID, Label, Help, Value, Rows string }

// wrong tells whether a field has a fault.
func (f Form) wrong(href string) bool {
	for _, e := range f.Errors {
		if e.Href == href {
			return true
		}
	}
	return false
}
