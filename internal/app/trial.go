package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"counterfoil/internal/config"
	"counterfoil/internal/issuance"
	"counterfoil/internal/outbound"
	"counterfoil/internal/typemeta"
	"counterfoil/internal/wallet"
	walletdoor "counterfoil/web/wallet"
)

// trialTime bounds a trial, which takes about a second.
const trialTime = 10 * time.Second

// trials try types out: an issuer that lives as long as the trial, in this process and on its loopback alone, offers made-up claims, and
// the honest wallet collects them. Keys, certificates, database and record are its own and are gone afterwards, so that nothing real is
// issued, no back-end is told, and it can be done in production and with a type that is not there yet. What it says nothing of is the
// public address and the real certificates: those are the doctor's.
type trials struct {
	options Options
	// one at a time: a trial is the work of a whole program.
	one sync.Mutex
}

// Try lets the wallet collect a credential of the type. The error is what the wallet found wrong, or what kept the issuer from issuing.
func (t *trials) Try(ctx context.Context, typ typemeta.Type) (got wallet.Collected, err error) {
	t.one.Lock()
	defer t.one.Unlock()
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	dir, err := os.MkdirTemp("", "counterfoil-trial-")
	if err != nil {
		return wallet.Collected{}, fmt.Errorf("make a folder for the trial: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return wallet.Collected{}, fmt.Errorf("open the trial's door: %w", err)
	}
	p, err := t.issuer(ctx, dir, "http://"+l.Addr().String(), typ)
	if err != nil {
		return wallet.Collected{}, errors.Join(err, l.Close())
	}
	d := &door{listener: l, app: walletdoor.New(walletdoor.Dependencies{
		Protocol: p.protocol, Nonces: p.protocol, Offers: p.service, Metadata: p.metadata, URLs: p.urls, Types: p.types, Clock: p.clock, Log: p.log,
	})}
	served := make(chan error, 1)
	go func() { served <- d.serve() }()
	got, err = t.collect(ctx, p, dir, typ)
	return got, errors.Join(err, d.close(context.WithoutCancel(ctx)), <-served, p.close())
}

// issuer makes everything between settings and doors, as the demo has it, for one type.
func (t *trials) issuer(ctx context.Context, dir, url string, typ typemeta.Type) (*parts, error) {
	folder := filepath.Join(dir, "types")
	cfg, err := config.Load([]string{
		config.Prefix + "DATA_DIR=" + dir, config.Prefix + "PUBLIC_URL=" + url, config.Prefix + "TYPES_DIR=" + folder,
	})
	if err == nil {
		const ownerOnly = 0o700
		err = os.Mkdir(folder, ownerOnly)
	}
	for suffix, data := range map[string][]byte{".json": typ.Document(), ".config.json": typ.Config()} {
		const ownerOnly = 0o600
		if err == nil && data != nil {
			err = os.WriteFile(filepath.Join(folder, typ.ID+suffix), data, ownerOnly)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("prepare the trial: %w", err)
	}
	o := t.options
	o.Demo, o.Log = true, slog.New(slog.DiscardHandler) // its warnings are about test keys, which are meant
	return newParts(ctx, cfg, o)
}

func (t *trials) collect(ctx context.Context, p *parts, dir string, typ typemeta.Type) (wallet.Collected, error) {
	w, err := wallet.New(wallet.Options{
		Client: outbound.NewClient(WalletOptions()), Clock: p.clock, Random: t.options.Random, Roots: filepath.Join(dir, KeysDir, "root.crt.pem"),
	})
	if err != nil {
		return wallet.Collected{}, fmt.Errorf("make the wallet: %w", err)
	}
	sample := typ.Sample(p.clock())
	made, err := p.service.CreateOffer(ctx, issuance.CreateOffer{
		Type: typ.ID, Claims: sample, TxCode: &issuance.TxCode{}, Channel: issuance.ChannelPortal, By: issuance.Actor{Name: "trial"},
	})
	if err != nil {
		return wallet.Collected{}, fmt.Errorf("offer the sample claims: %w", err)
	}
	got, err := w.Collect(ctx, wallet.Request{
		Offer: p.urls.OfferURI(made.Offer.Scheme, made.Offer.ID), TxCode: made.TxCode.Reveal(), Proofs: min(2, typ.Policy.BatchSize), DPoP: true,
	})
	if err != nil {
		return got, fmt.Errorf("let the wallet collect: %w", err)
	}
	return got, same(sample, got.Credentials[0].Claims)
}

// same holds what the wallet got to what was put in.
func same(sample, got map[string]any) error {
	plain := make([]any, 0, 2)
	for _, claims := range []map[string]any{sample, got} {
		text, err := json.Marshal(claims)
		if err != nil {
			return fmt.Errorf("write claims: %w", err)
		}
		var read any
		if err := json.Unmarshal(text, &read); err != nil {
			return fmt.Errorf("read claims: %w", err)
		}
		plain = append(plain, read)
	}
	if !reflect.DeepEqual(plain[0], plain[1]) {
		return errors.New("the wallet got other claims than were put in")
	}
	return nil
}
