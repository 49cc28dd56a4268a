package apidocs

// Show is the page.
type Show struct {
	Title, Lead string
	Stylesheet  string
	Groups      []Group
	Codes       []Code
}

// Group is operations that belong together.
type Group struct {
	ID, Name, Description string
	Operations            []Operation
}

// Operation is one call.
type Operation struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []Row
	Body                                   []Row
	Curl                                   string
	Answers                                []Row
}

// Row is one thing and what it is.
type Row struct{ Name, Text string }

// Code is one error code.
type Code struct{ Code, Status, Meaning, Remedy string }
