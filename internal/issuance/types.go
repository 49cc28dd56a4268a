package issuance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"counterfoil/internal/typemeta"
)

// TypeVersions is the durable record of types that were added while the program runs.
type TypeVersions interface {
	// AddTypeVersion records the next version of a type and returns its number; Conflict when another was added at the same time, or
	// when v.Version is another number.
	AddTypeVersion(ctx context.Context, v TypeVersion) (int, error)
	// ListTypeVersions returns every version, oldest first.
	ListTypeVersions(ctx context.Context) ([]TypeVersion, error)
	// CountTypeVersions tells cheaply whether anything was added.
	CountTypeVersions(ctx context.Context) (int, error)
}

// TypeVersion is one version of a type as it was sent: its Type Metadata and its config, both JSON; an empty config takes defaults. Of a
// version that is to be added, Version is the number that it must get; 0 takes the next.
type TypeVersion struct {
	ID        string
	Version   int
	Metadata  []byte
	Config    []byte
	CreatedAt time.Time
	CreatedBy string
}

// ErrTypeChanged is returned when another version of a type was added meanwhile.
var ErrTypeChanged = Refuse(Conflict, "type_changed", "another version of the type was added at the same time, look at it first")

// TypeAdmin is the use cases of credential types.
type TypeAdmin struct {
	Versions TypeVersions
	Catalog  *typemeta.Catalog
	// Folder is the types that are there without the record.
	Folder []typemeta.Type
	Clock  func() time.Time

	mu    sync.Mutex
	count int // of the versions that the catalog has
}

// AddType makes a new type, or a new version of one; with dryRun it only checks; what it gives has the number that the version gets. Offers that are there keep the version they were made
// with. Invalid with the faulty members: a type keeps its vct, because wallets know it by that.
func (a *TypeAdmin) AddType(ctx context.Context, v TypeVersion, dryRun bool) (typemeta.Type, error) {
	t, err := typemeta.ParseVersion(v.ID, v.Metadata, v.Config)
	if err != nil {
		return typemeta.Type{}, typeFaults(err)
	}
	before, known := a.Catalog.Type(v.ID)
	if known && before.VCT != t.VCT {
		return typemeta.Type{}, faulty([]Field{{"/type_metadata/vct", codeValidationFailed, "a type keeps its vct: use another credential_configuration_id"}})
	}
	t.Version = before.Version + 1
	if v.Version != 0 && v.Version != t.Version {
		return typemeta.Type{}, ErrTypeChanged
	}
	if dryRun {
		return t, nil
	}
	v.CreatedAt = a.Clock()
	if t.Version, err = a.Versions.AddTypeVersion(ctx, v); err != nil {
		return typemeta.Type{}, fmt.Errorf("add type: %w", err)
	}
	return t, a.Refresh(ctx)
}

// Refresh takes over what this or another process added. It is called every second and after every addition.
func (a *TypeAdmin) Refresh(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	count, err := a.Versions.CountTypeVersions(ctx)
	if err != nil {
		return fmt.Errorf("look for new types: %w", err)
	}
	if count == a.count {
		return nil
	}
	versions, err := a.Versions.ListTypeVersions(ctx)
	if err != nil {
		return fmt.Errorf("read types: %w", err)
	}
	all := append([]typemeta.Type{}, a.Folder...)
	for _, v := range versions {
		t, err := typemeta.ParseVersion(v.ID, v.Metadata, v.Config)
		if err != nil {
			return fmt.Errorf("read version %d of type %s: %w", v.Version, v.ID, err)
		}
		t.Version = v.Version
		all = append(all, t)
	}
	a.Catalog.Replace(all)
	a.count = len(versions)
	return nil
}

// typeFaults turns what the reader found into members of the request.
func typeFaults(err error) error {
	var many interface{ Unwrap() []error }
	list := []error{err}
	if errors.As(err, &many) {
		list = many.Unwrap()
	}
	var fields []Field
	for _, one := range list {
		var place *typemeta.PlaceError
		if errors.As(one, &place) {
			fields = append(fields, Field{place.Place, codeValidationFailed, place.Reason})
		} else {
			fields = append(fields, Field{"", codeValidationFailed, one.Error()})
		}
	}
	return faulty(fields)
}
