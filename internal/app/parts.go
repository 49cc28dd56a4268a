package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"counterfoil/internal/brand"
	"counterfoil/internal/callback"
	"counterfoil/internal/config"
	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/mint"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/outbound"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/internal/store"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
)

const (
	masterFile = "master.key"
	es256      = "ES256"
	tokenTTL   = 5 * time.Minute // OpenID4VCI 1.0 §13.10 for a bearer token
)

// parts is everything between the settings and the doors.
type parts struct {
	log       *slog.Logger
	clock     func() time.Time
	store     *store.Store
	keys      trust.Set
	brand     brand.Brand
	types     *typemeta.Catalog
	typeAdmin *issuance.TypeAdmin
	watch     *issuance.Watch
	service   *issuance.Service
	staff     *staff.Service
	displays  *staff.Displays
	clients   *staff.Clients
	urls      oid4vci.URLs
	protocol  *oid4vci.Service
	metadata  *oid4vci.Metadata
	deliverer *callback.Deliverer
	metrics   *metrics
	// callbackUse is the use cases of callback endpoints.
	callbackUse *issuance.Callbacks
	// failing is since when the database is in trouble, in Unix milliseconds; 0 when it is not.
	failing atomic.Int64
	// stopping is closed when streams must end.
	stopping chan struct{}
}

func newParts(ctx context.Context, cfg config.Config, o Options) (*parts, error) {
	p := &parts{log: o.Log, clock: o.Clock, metrics: newMetrics(), watch: &issuance.Watch{}, stopping: make(chan struct{}), urls: oid4vci.URLs{Issuer: cfg.PublicURL}}
	folder, err := loadTypes(cfg.TypesDir)
	if err != nil {
		return nil, err
	}
	p.types = typemeta.NewCatalog(folder)
	if p.keys, err = loadKeys(cfg, o); err != nil {
		return nil, err
	}
	if p.brand, err = loadBrand(cfg, o); err != nil {
		return nil, err
	}
	master, err := loadMaster(cfg, o)
	if err != nil {
		return nil, err
	}
	p.store, err = store.Open(ctx, store.Options{
		URL: cfg.DatabaseURL.Reveal(), DataDir: cfg.DataDir, Migrate: true, Master: master,
		Watch: p.watch, Clock: o.Clock, Random: o.Random, Log: o.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	p.typeAdmin = &issuance.TypeAdmin{Versions: p.store, Catalog: p.types, Folder: folder, Clock: o.Clock}
	err = p.typeAdmin.Refresh(ctx)
	if err == nil {
		err = p.wire(ctx, cfg, o, master)
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// wire makes the use cases and bridges on the open database.
func (p *parts) wire(ctx context.Context, cfg config.Config, o Options, master secret.Master) error {
	minter, err := p.minter(cfg.PublicURL, o)
	if err != nil {
		return err
	}
	p.service = issuance.NewService(issuance.Dependencies{
		Offers: p.store, Gates: p.store, Grants: p.store, Record: p.store, Repairs: p.store, Approvals: p.store, Types: p.types, Minter: minter,
		Master: master, Clock: o.Clock, Random: o.Random,
	}, issuance.Settings{OfferTTL: cfg.OfferTTL, TokenTTL: tokenTTL, MaxAttempts: cfg.TxCodeAttempts})
	if p.staff, err = staff.NewService(p.store, o.Clock, o.Random); err != nil {
		return fmt.Errorf("set up staff: %w", err)
	}
	p.staff.SecondStep = cfg.SecondStep
	p.displays = staff.NewDisplays(p.store, p.store, o.Clock, o.Random)
	p.clients = staff.NewClients(p.store, o.Clock, o.Random, o.Log)
	p.protocol = oid4vci.NewService(p.service, p.urls, func() int { return oid4vci.BatchSize(p.types.All()) }, master, o.Clock, o.Random)
	access, err := jose.NewSigner(p.keys.Keys[trust.Access].Signer, es256, p.keys.Keys[trust.Access].Chain)
	if err != nil {
		return fmt.Errorf("set up access key: %w", err)
	}
	if p.metadata, err = oid4vci.NewMetadata(p.urls, p.types, p.brand.Name, access); err != nil {
		return err
	}
	people := refuseDemoStaff
	if o.Demo {
		people = addDemoStaff
	}
	if err := people(ctx, p.staff); err != nil {
		return err
	}
	return p.callbacks(ctx, cfg, o)
}

func loadBrand(cfg config.Config, o Options) (brand.Brand, error) {
	name := cfg.BrandName
	switch {
	case name == "" && o.Demo:
		name = "Counterfoil demo bank"
	case name == "":
		name = "Counterfoil"
	}
	var logo []byte
	if cfg.BrandLogo != "" {
		var err error
		if logo, err = os.ReadFile(cfg.BrandLogo); err != nil {
			return brand.Brand{}, fmt.Errorf("COUNTERFOIL_BRAND_LOGO: %w", err)
		}
	}
	b, err := brand.New(name, cfg.BrandAccent, logo)
	if err != nil {
		return brand.Brand{}, fmt.Errorf("COUNTERFOIL_BRAND_LOGO %s %w", cfg.BrandLogo, err)
	}
	return b, nil
}

func (p *parts) minter(issuer string, o Options) (*mint.SDJWTVC, error) {
	key := p.keys.Keys[trust.Issuer]
	signer, err := jose.NewSigner(key.Signer, es256, key.Chain)
	if err != nil {
		return nil, fmt.Errorf("set up issuer key: %w", err)
	}
	return mint.NewSDJWTVC(signer, issuer, o.Random)
}

// callbacks records the endpoint that the settings name.
func (p *parts) callbacks(ctx context.Context, cfg config.Config, o Options) error {
	options := callbackOptions(cfg, o)
	p.deliverer = callback.New(p.store, outbound.NewClient(options), o.Clock, o.Log)
	p.callbackUse = &issuance.Callbacks{
		Endpoints: p.store, Deliveries: p.store, Types: p.types, Clock: o.Clock, Random: o.Random,
		CheckURL: func(url string) error { return outbound.CheckURL(url, options) },
	}
	if cfg.CallbackURL != "" {
		if err := outbound.CheckURL(cfg.CallbackURL, options); err != nil {
			return fmt.Errorf("COUNTERFOIL_CALLBACK_URL: %w", err)
		}
	}
	e, err := p.callbackUse.Configure(ctx, cfg.CallbackURL, cfg.CallbackSecret)
	switch {
	case issuance.KindOf(err) == issuance.NotFound: // somebody's wish, and no reason for the issuer to stay down
		o.Log.Warn("COUNTERFOIL_CALLBACK_URL is not called: its callback endpoint was deleted, or there are too many; change the setting, or make one through the API or the portal")
	case err != nil:
		return err
	case cfg.CallbackURL != "" && e.State != issuance.EndpointActive: // as somebody left it
		o.Log.Warn("the callback endpoint of COUNTERFOIL_CALLBACK_URL is "+string(e.State)+", what happens waits for it: resume it through the API or the portal", "endpoint", e.ID)
	}
	return p.tellCertificates(ctx)
}

func (p *parts) close() error {
	if err := p.store.Close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

func loadTypes(dir string) ([]typemeta.Type, error) {
	folder, name := typemeta.Samples(), "credential types"
	if dir != "" {
		folder, name = os.DirFS(dir), "COUNTERFOIL_TYPES_DIR "+dir
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("COUNTERFOIL_TYPES_DIR: %w", err)
		}
	}
	types, err := typemeta.Load(folder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return types, nil
}

// loadKeys loads the signing keys: made on first start in the demo, never made otherwise, and never the demo's.
func loadKeys(cfg config.Config, o Options) (trust.Set, error) {
	dir := filepath.Join(cfg.DataDir, KeysDir)
	now := o.Clock()
	var set trust.Set
	var err error
	if o.Demo {
		var made bool
		if set, made, err = trust.LoadOrMakeDemo(dir, now, o.Random, cfg.PublicURL); made {
			o.Log.Warn("demo certificates made: not for production", "dir", dir)
		}
	} else if set, err = trust.LoadDir(dir, now); err == nil {
		err = set.RefuseDemo()
	}
	if err != nil {
		return trust.Set{}, fmt.Errorf("signing keys: %w", err)
	}
	tellValidity(o.Log, set, now)
	return set, nil
}

// tellValidity writes to the log how long each certificate is valid, as a warning when it should be renewed now.
func tellValidity(log *slog.Logger, set trust.Set, now time.Time) {
	for _, v := range set.Validity(now) {
		level := slog.LevelInfo
		if _, soon := v.Step(); soon {
			level = slog.LevelWarn
		}
		log.Log(context.Background(), level, "certificate", "purpose", v.Purpose, "subject", v.Subject, "not_before", v.NotBefore,
			"not_after", v.NotAfter, "days_left", v.DaysLeft)
	}
}

// ready tells whether offers can be made and credentials signed.
func (p *parts) ready(ctx context.Context) error {
	if err := p.keys.ValidAt(p.clock()); err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	return p.store.Ping(ctx)
}

// loadMaster takes the master key from the settings; the demo keeps one of its own in the data dir.
func loadMaster(cfg config.Config, o Options) (secret.Master, error) {
	if !cfg.MasterKey.IsZero() {
		return secret.ParseMaster(cfg.MasterKey)
	}
	if !o.Demo {
		return secret.Master{}, errors.New("COUNTERFOIL_MASTER_KEY must be set")
	}
	path := filepath.Join(cfg.DataDir, masterFile)
	text, err := os.ReadFile(path) // a file of the data dir
	if err == nil {
		return secret.ParseMaster(secret.NewText(string(text)))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return secret.Master{}, fmt.Errorf("read master key: %w", err)
	}
	master, err := secret.NewMaster(o.Random)
	if err != nil {
		return secret.Master{}, fmt.Errorf("make master key: %w", err)
	}
	const ownerOnly = 0o600
	if err := os.WriteFile(path, []byte(master.Text().Reveal()), ownerOnly); err != nil {
		return secret.Master{}, fmt.Errorf("keep master key: %w", err)
	}
	return master, nil
}
