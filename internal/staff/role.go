package staff

import "slices"

// Role is what a person is at the bank; roles are listed on the person, several are allowed.
type Role string

// The roles.
const (
	Operator      Role = "operator"
	Approver      Role = "approver"
	Administrator Role = "administrator"
	Auditor       Role = "auditor"
)

// Roles lists every role once.
func Roles() []Role { return []Role{Operator, Approver, Administrator, Auditor} }

// Action is something a role may allow.
type Action string

// The actions of the portal.
const (
	CreateOffers Action = "offers.create"
	ReadOffers   Action = "offers.read"
	CancelOffers Action = "offers.cancel"
	RevealCodes  Action = "codes.reveal"

	// ReadApprovals is to see what waits for approval, with its claims; DecideApprovals to approve or reject it.
	ReadApprovals   Action = "approvals.read"
	DecideApprovals Action = "approvals.decide"

	// OwnAccount is to look after how one signs in oneself.
	OwnAccount Action = "account.own"

	// ReadHelp is to read what administrators are told.
	ReadHelp Action = "help.read"

	ReadCallbacks   Action = "callbacks.read"
	ManageCallbacks Action = "callbacks.manage"

	ReadTypes        Action = "types.read"
	ManageTypes      Action = "types.manage"
	ReadCertificates Action = "certificates.read"

	ReadSystem  Action = "system.read"
	CheckSystem Action = "system.check"

	ReadPeople    Action = "people.read"
	ManagePeople  Action = "people.manage"
	ReadClients   Action = "clients.read"
	ManageClients Action = "clients.manage"
	// ReadAudit is to search, verify and export the audit trail.
	ReadAudit Action = "audit.read"
)

// allows is the whole policy: what is not in it is denied.
func allows(r Role, a Action) bool {
	if a == OwnAccount || a == ReadHelp {
		return slices.Contains(Roles(), r)
	}
	reads := a == ReadPeople || a == ReadClients || a == ReadAudit || a == ReadTypes || a == ReadCertificates
	switch r {
	case Operator:
		return a == CreateOffers || a == ReadOffers || a == CancelOffers || a == RevealCodes
	case Approver:
		return a == ReadOffers || a == ReadApprovals || a == DecideApprovals
	case Administrator:
		return a == ReadOffers || a == ReadCallbacks || a == ManageCallbacks || a == ManageTypes || a == ReadSystem || a == CheckSystem ||
			reads || a == ManagePeople || a == ManageClients
	case Auditor:
		return a == ReadOffers || a == ReadCallbacks || a == ReadSystem || reads
	}
	return false
}
