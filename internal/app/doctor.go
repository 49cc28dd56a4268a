package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"counterfoil/internal/config"
	"counterfoil/internal/doctor"
	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/outbound"
	"counterfoil/internal/secret"
	"counterfoil/internal/store"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
)

// doctorOptions is what the doctor has of the settings alone. The public URL is reached as a wallet for trials reaches an issuer, also
// on this machine and in a private network: behind the name may be this very process or a proxy inside the house, and nobody but who
// made the settings says where it leads. What types and callback endpoints name is others' word: logos must be public, and callback
// endpoints are called where deliveries are.
func doctorOptions(cfg config.Config, o Options) doctor.Options {
	urls := oid4vci.URLs{Issuer: cfg.PublicURL}
	return doctor.Options{
		Door: doctor.Door{
			Issuer: cfg.PublicURL, Types: urls.At(oid4vci.PathTypes), WellKnownIssuer: urls.WellKnownIssuer(), WellKnownServer: urls.WellKnownServer(),
		},
		Public: outbound.NewClient(WalletOptions()), Outside: outbound.NewClient(outbound.Options{}), Callbacks: outbound.NewClient(callbackOptions(cfg, o)),
		Demo: o.Demo, Refusal: cfg.CheckProduction(), Clock: o.Clock, Log: o.Log,
	}
}

// doctor makes the doctor of the running program.
func (p *parts) doctor(cfg config.Config, o Options) *doctor.Doctor {
	d := doctorOptions(cfg, o)
	d.Keys, d.Types, d.Database, d.Endpoints = func() (trust.Set, error) { return p.keys, nil }, p.types, aboutStore{p.store}, p.store
	return doctor.New(d)
}

// aboutStore tells the doctor about the database.
type aboutStore struct{ *store.Store }

// About implements doctor.Database.
func (s aboutStore) About(ctx context.Context) (doctor.About, error) {
	a, err := s.Store.About(ctx)
	return doctor.About(a), err
}

// Examine carries out the checks once, beside the server or before it was started. It makes nothing: no keys, no database. The
// settings say nothing of demo or production, so a demo's keys in the data dir tell.
func Examine(ctx context.Context, cfg config.Config, log *slog.Logger) (doctor.Report, error) {
	set, keysErr := trust.LoadDir(filepath.Join(cfg.DataDir, KeysDir), time.Now())
	o := Options{Demo: keysErr == nil && set.RefuseDemo() != nil, Log: log, Clock: time.Now, Random: rand.Reader}
	folder, err := loadTypes(cfg.TypesDir)
	if err != nil {
		return doctor.Report{}, err
	}
	d := doctorOptions(cfg, o)
	d.Keys, d.Types = func() (trust.Set, error) { return set, keysErr }, typemeta.NewCatalog(folder)
	s, missing := openToLook(ctx, cfg, o)
	if s == nil {
		d.NoDatabase = missing
		return doctor.New(d).Run(ctx), nil
	}
	admin := issuance.TypeAdmin{Versions: s, Catalog: d.Types, Folder: folder, Clock: o.Clock}
	if err := admin.Refresh(ctx); err != nil {
		return doctor.Report{}, errors.Join(fmt.Errorf("read types: %w", err), s.Close())
	}
	d.Database, d.Endpoints = aboutStore{s}, s
	return doctor.New(d).Run(ctx), s.Close()
}

// openToLook opens the database as it is, or says why it cannot be looked at.
func openToLook(ctx context.Context, cfg config.Config, o Options) (*store.Store, doctor.Check) {
	c := doctor.Check{Name: i18n.Say("Database"), Result: doctor.NotChecked}
	if _, err := os.Stat(filepath.Join(cfg.DataDir, store.SQLiteFile)); cfg.DatabaseURL.IsZero() && errors.Is(err, fs.ErrNotExist) {
		c.Found = i18n.Say("There is no database yet: the first start makes it.")
		return nil, c
	}
	master, err := masterToLook(cfg, o)
	if err != nil {
		c.Result, c.Found, c.Fix = doctor.Failed, i18n.Say("The master key cannot be read."), i18n.Say("Give it by COUNTERFOIL_MASTER_KEY_FILE, as the server has it.")
		return nil, c
	}
	within, cancel := context.WithTimeout(ctx, doctor.Within)
	defer cancel()
	s, err := store.Open(within, store.Options{
		URL: cfg.DatabaseURL.Reveal(), DataDir: cfg.DataDir, Master: master, Watch: &issuance.Watch{}, Clock: o.Clock, Random: o.Random, Log: o.Log,
	})
	switch {
	case errors.Is(err, store.ErrInUse):
		c.Found, c.Fix = i18n.Say("The server has the database."), i18n.Say("Look at the system page of the portal, which checks this as well.")
	case err != nil:
		c.Result, c.Found, c.Fix = doctor.Failed, i18n.Say("The database cannot be used: “%s”.", err.Error()),
			i18n.Say("Start it, look at COUNTERFOIL_DATABASE_URL, and bring it to this version with counterfoil migrate.")
	}
	return s, c
}

// masterToLook is the master key that the server has: of the settings, or the demo's. Without one a fresh key does for everything but
// the secrets of callback endpoints.
func masterToLook(cfg config.Config, o Options) (secret.Master, error) {
	_, err := os.Stat(filepath.Join(cfg.DataDir, masterFile))
	if cfg.MasterKey.IsZero() && errors.Is(err, fs.ErrNotExist) {
		return secret.NewMaster(o.Random)
	}
	o.Demo = true // the file is there, so none is made
	return loadMaster(cfg, o)
}
