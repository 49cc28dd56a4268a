package layout

// Page is what the shell shows.
type Page struct {
	Title string
	// Person is who is signed in; empty when nobody is.
	Person string
	// Here is the path of the menu entry that the page belongs to.
	Here string
	// Help is the way to what the guides say about the page.
	Help string
	// Callbacks tells that the person may look at callback endpoints.
	Callbacks bool
	// Types tells that the person may look at credential types, Certificates that they may look at when certificates end.
	Types, Certificates bool
	// System tells that the person may look at how the installation fares.
	System bool
	// Approvals tells that the person may approve offers, Pending how many wait.
	Approvals bool
	Pending   int
	// People, Clients and Audit tell that the person may look at those.
	People, Clients, Audit bool
	// Demo marks the page as a demonstration.
	Demo bool
	// Narrow sets a page of text or form to a readable width.
	Narrow bool
	// Refresh is the seconds after which a browser without scripts loads the page again; 0 never.
	Refresh int
	Brand   Brand
	Session Session
	// Appearance is light or dark when somebody chose it, empty for what the device says.
	Appearance string
}

// Session is how the session of who is signed in fares.
type Session struct {
	// Ask is the seconds after which the page asks again; 0 when there is nothing to ask.
	Ask int
	// Text warns that the session ends; empty when there is time.
	Text string
	// Stay tells that staying is possible, SignIn is where to sign in again when it is over.
	Stay   bool
	SignIn string
}

// Brand is how the bank looks: its name, and the paths of its logo and of the stylesheet with its accent, which may be empty.
type Brand struct{ Name, Logo, Stylesheet string }
