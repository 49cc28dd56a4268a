package samples

import (
	"slices"

	"counterfoil/views/account"
	"counterfoil/views/apiclients"
	"counterfoil/views/audit"
	"counterfoil/views/help"
	"counterfoil/views/layout"
	"counterfoil/views/people"
	"counterfoil/views/signin"
	"counterfoil/views/ui"
)

// What the pages of staff are filled with.
const (
	clerkName = "c.clerk"
	moment    = "25 Nov 2026, 09:14"
	browser   = "Firefox on Linux"
	setupCode = "JOR3-C4I6-SJOQ-J7D5"
	apiKey    = "cfk_PIyJWIaMwrlVGDsR7XJIJbiHyh9njeVdUryO7OCygUY"
)

// shell is the frame for an administrator.
func shell(title, here string, narrow bool) layout.Page {
	return layout.Page{
		Title: title, Person: "Ada Administrator", Here: here, Callbacks: true, People: true, Clients: true, Audit: true, System: true, Narrow: narrow, Brand: layout.Brand{Name: bank},
	}
}

func staffSamples() []Sample {
	return slices.Concat(signInSamples(), accountSamples(), peopleSamples(), clientSamples(), auditSamples())
}

func tongues() []ui.Choice {
	return []ui.Choice{{Name: "en", Label: "English", Chosen: true}, {Name: "de", Label: "Deutsch"}, {Name: "fr", Label: "Français"}}
}

func signInSamples() []Sample {
	page := layout.Page{Title: "Sign in", Narrow: true, Brand: layout.Brand{Name: bank}}
	return []Sample{
		of("sign-in", signin.Page, signin.Show{Page: page, Next: "/", Languages: tongues()}),
		of("sign-in-all-ways", signin.Page, signin.Show{Page: page, Next: "/", Passkeys: true, SSO: true, Languages: tongues()}),
		of("sign-in-wrong", signin.Page, signin.Show{Page: page, Next: "/", Name: clerkName, Error: "The name or the password is not right.", Help: help.At("wrong-password"), Languages: tongues()}),
		of("sign-in-second", signin.SecondPage, signin.Second{Page: page, Next: "/", TOTP: true, Passkeys: true}),
		of("sign-in-second-wrong", signin.SecondPage, signin.Second{Page: page, Next: "/", Error: "The code is not right, or was used before.", Help: help.At("second-step")}),
		of("sign-in-setup", signin.SetupPage, signin.Setup{Page: page}),
		of("sign-in-setup-wrong", signin.SetupPage, signin.Setup{Page: page, Name: clerkName, Problems: []ui.Problem{{Field: "code", Text: "The code was used or is over.", Guide: help.At("setup-code")}}}),
	}
}

func accountSamples() []Sample {
	page := shell("My account", "/account", false)
	show := account.Show{
		Page: page, Name: clerkName, Display: clerk, Roles: "Operator", MayHavePasskeys: true, Languages: tongues(), Appearances: []ui.Choice{{Label: "As this device", Chosen: true}, {Name: "light", Label: "Light"}, {Name: "dark", Label: "Dark"}},
		Sessions: []account.Session{{ID: "s1", Browser: browser, Address: "192.0.2.7", Method: "passkey", Since: moment, Seen: moment, Here: true}},
	}
	must, codes, full, away := show, show, show, show
	must.Must = true
	codes.Must, codes.Any, codes.Passkeys = true, true, []account.Passkey{{ID: "k", Name: "Laptop", Since: moment, Used: moment}}
	full.Any, full.TOTP, full.RecoveryCodes, full.Passkeys = true, true, 7, codes.Passkeys
	full.Sessions = append(full.Sessions, account.Session{ID: "s2", Browser: "Safari on iPad", Address: "192.0.2.8", Method: "password", Since: moment, Seen: moment})
	away.SSO = true
	away.Page.Session = layout.Session{Ask: 600, Text: "Nobody has done anything here for a while: you will be signed out at 14:35.", Stay: true}
	must.Page.Session = layout.Session{Text: "You are signed out. A form that you began is kept: sign in again and go on.", SignIn: "/sign-in?next=%2F"}
	codes.Page.Appearance = "dark"
	codes.Appearances = []ui.Choice{{Label: "As this device"}, {Name: "light", Label: "Light"}, {Name: "dark", Label: "Dark", Chosen: true}}
	return []Sample{
		of("account-empty", account.Page, show),
		of("account-must", account.Page, must),
		of("account-must-codes", account.Page, codes),
		of("account-full", account.Page, full),
		of("account-provider", account.Page, away),
		of("account-app", account.TOTPPage, account.TOTP{Page: page, Step: "t", Key: "JBSW Y3DP EHPK 3PXP", QR: appQR, Error: "The code is not right."}),
		of("account-codes", account.CodesPage, account.Codes{Page: page, Codes: []string{"AAAA-BBBB-CCCC-DDDD", "EEEE-FFFF-GGGG-HHHH"}}),
	}
}

func peopleSamples() []Sample {
	good, shut := ui.Status{Word: "Active", Tone: ui.Good}, ui.Status{Word: "Shut out", Tone: ui.Bad, Guide: help.At("person-shut-out")}
	roles := []ui.Choice{{Name: "role.operator", Label: "Operator", Help: "makes offers at the counter", Chosen: true}, {Name: "role.auditor", Label: "Auditor", Help: "reads everything"}}
	list := people.List{Page: shell("People", "/people", false), MayManage: true, Rows: []people.Row{
		{Href: "/people/c.clerk", Display: clerk, Name: clerkName, Roles: "Operator", Since: "25 Nov 2026", Status: good},
		{Href: "/people/o", Display: "Otto Operator", Name: "o", Roles: "Operator, Approver", Since: "25 Nov 2026", Status: shut},
	}}
	show := people.Show{
		Page: shell(clerk, "/people", true), Href: "/people/c.clerk", Display: clerk, Name: clerkName, Status: good, MayManage: true, Roles: roles,
		Facts:    []ui.Fact{{Label: "Signs in as", Value: clerkName}, {Label: "Roles", Value: "Operator"}},
		Sessions: []people.Session{{ID: "s", Browser: browser, Address: "192.0.2.7", Method: "passkey", Since: moment, Seen: moment}},
	}
	added, self, external, disabled, auditor, wrong := show, show, show, show, show, show
	added.Code, added.Said, added.Sessions = setupCode, "The account is there.", nil
	self.Self, external.External, auditor.MayManage = true, true, false
	disabled.Disabled, disabled.Status, disabled.Said, disabled.Sessions = true, shut, "Shut out everywhere.", nil
	wrong.Problems = []ui.Problem{{Field: "roles", Text: "Somebody has at least one role.", Guide: help.At("person-roles")}}
	form := people.Form{Page: shell("Add a person", "/people", true), Roles: roles}
	bad := form
	bad.Name, bad.Display, bad.Problems = "bob builder", "Bob Builder", []ui.Problem{
		{Field: "name", Text: "A name has no spaces.", Guide: help.At("person-name")}, {Field: "roles", Text: "Somebody has at least one role.", Guide: help.At("person-roles")},
	}
	return []Sample{
		of("people", people.ListPage, list), of("people-new", people.NewPage, form), of("people-new-wrong", people.NewPage, bad),
		of("person", people.ShowPage, show), of("person-added", people.ShowPage, added), of("person-self", people.ShowPage, self), of("person-provider", people.ShowPage, external),
		of("person-shut-out", people.ShowPage, disabled), of("person-auditor", people.ShowPage, auditor), of("person-wrong", people.ShowPage, wrong),
	}
}

func clientSamples() []Sample {
	live, over := ui.Status{Word: "Live until 25 Nov 2027", Tone: ui.Good}, ui.Status{Word: "Ended 25 Nov 2026"}
	lives := []ui.Choice{{Name: "365", Label: "One year", Chosen: true}, {Name: "none", Label: "Until somebody ends it"}}
	show := apiclients.Show{
		Page: shell("core-banking", "/clients", true), Href: "/clients/x", Name: "core-banking", Status: ui.Status{Word: "Active", Tone: ui.Good}, MayManage: true, MayHaveKey: true,
		HasKeys: true, Lives: lives, Facts: []ui.Fact{{Label: "What it may do", Value: "Make offers"}, {Label: "Calls from", Value: "192.0.2.0/24"}},
		Keys: []apiclients.Key{{ID: "G4lbnYYLDRgHFQ", Made: moment, Used: moment, Status: live, Live: true}, {ID: "dtYPgOdtVGOxfj", Made: moment, Used: moment, Status: over}},
	}
	added, most, shut, auditor, cert := show, show, show, show, show
	added.Key, added.Said = apiKey, "The client may call."
	most.MayHaveKey, auditor.MayManage, cert.HasKeys = false, false, false
	shut.Disabled, shut.Status = true, ui.Status{Word: "Shut out", Tone: ui.Bad, Guide: help.At("client-shut-out")}
	form := apiclients.Form{
		Page: shell("Add a client", "/clients", true), Lives: lives, Scopes: []ui.Choice{{Name: "scope.offers:create", Label: "Make offers"}},
		Types: []ui.Choice{{Name: "type.X", Label: "Account ownership"}},
	}
	bad := form
	bad.ByIdentity, bad.Problems = true, []ui.Problem{
		{Field: "name", Text: "A name has no spaces.", Guide: help.At("client-name")}, {Field: "identities", Text: "This is no identity.", Guide: help.At("client-identities")},
	}
	change := form
	change.Page, change.Href, change.Seen, change.Name, change.Networks = shell("Change core-banking", "/clients", true), show.Href, "3", show.Name, "192.0.2.0/24"
	badChange, outdated := change, show
	badChange.Problems = []ui.Problem{{Field: "scopes", Text: "Tick at least one thing that it may do.", Guide: help.At("client-rights")}, {Field: "networks", Text: "This is no network.", Guide: help.At("client-networks")}}
	outdated.Problems = []ui.Problem{{Field: "change", Text: "Somebody changed what this client may do in the meantime.", Guide: help.At("client-changed")}}
	empty := apiclients.List{Page: shell("API clients", "/clients", false), MayManage: true}
	full := empty
	full.Rows = []apiclients.Row{{Href: "/clients/x", Name: "core-banking", May: "Make offers", Used: moment, Status: show.Status}}
	return []Sample{
		of("clients-empty", apiclients.ListPage, empty), of("clients", apiclients.ListPage, full), of("clients-new", apiclients.NewPage, form),
		of("clients-new-wrong", apiclients.NewPage, bad), of("client", apiclients.ShowPage, show), of("client-added", apiclients.ShowPage, added),
		of("client-two-keys", apiclients.ShowPage, most), of("client-shut-out", apiclients.ShowPage, shut), of("client-certificate", apiclients.ShowPage, cert),
		of("client-auditor", apiclients.ShowPage, auditor), of("client-change", apiclients.ChangePage, change), of("client-change-wrong", apiclients.ChangePage, badChange),
		of("client-outdated", apiclients.ShowPage, outdated),
	}
}

func auditSamples() []Sample {
	empty := audit.Show{
		Page: shell("Audit trail", "/audit", false), Acts: []audit.Option{{Label: "Everything", Selected: true}, {Value: "sign_in.done", Label: "Signed in"}},
		CSV: "/audit/export?format=csv", JSONLines: "/audit/export?format=jsonl",
	}
	full, nothing, wrong, broken := empty, empty, empty, empty
	full.Rows = []audit.Row{
		{Number: "1207", At: moment, Who: "ada", Door: "Portal", Address: "192.0.2.7", What: "Roles changed", Object: clerkName, Details: "Operator → Operator, Auditor"},
		{Number: "1206", At: moment, Who: "nobody known", Door: "Portal", Address: "2001:db8::7", What: "Sign-in failed", Object: clerkName, Details: "password"},
	}
	full.Older, full.Newest = "/audit?before=1206", "/audit"
	nothing.Searched, nothing.Who = true, "nobody"
	wrong.Searched, wrong.To, wrong.Problems = true, "2026-12-01", []ui.Problem{{Field: "to", Text: "The last day must not lie before the first.", Guide: help.At("audit-days")}}
	whole := full
	whole.Verdict = &audit.Verdict{Whole: true, Text: "The trail is whole.", Head: "69d0f98014156b7499577682db76e39b846a76b5347d1c1872f3a3b011eef361"}
	broken.Rows, broken.Verdict = full.Rows, &audit.Verdict{Text: "The trail is broken at entry 3."}
	return []Sample{
		of("audit-empty", audit.Page, empty), of("audit", audit.Page, full), of("audit-nothing", audit.Page, nothing), of("audit-wrong", audit.Page, wrong),
		of("audit-whole", audit.Page, whole), of("audit-broken", audit.Page, broken),
	}
}
