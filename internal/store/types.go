package store

import (
	"context"
	"fmt"

	"counterfoil/internal/issuance"
)

// AddTypeVersion implements issuance.TypeVersions.
func (s *Store) AddTypeVersion(ctx context.Context, v issuance.TypeVersion) (int, error) {
	var version int
	_, err := s.transact(ctx, func(t *tx) error {
		t.made = v.ID
		version = 0
		return t.addTypeVersion(v, &version)
	})
	if err != nil {
		return 0, fmt.Errorf("record type: %w", err)
	}
	return version, nil
}

func (t *tx) addTypeVersion(v issuance.TypeVersion, version *int) error {
	err := t.Raw(`INSERT INTO type_versions (id, version, metadata, config, created_at, created_by)
		SELECT CAST(? AS TEXT), COALESCE(max(version), 0) + 1, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT)
		FROM type_versions WHERE id = ? HAVING CAST(? AS BIGINT) IN (0, COALESCE(max(version), 0) + 1) ON CONFLICT DO NOTHING RETURNING version`,
		v.ID, string(v.Metadata), string(v.Config), millis(v.CreatedAt), v.CreatedBy, v.ID, v.Version).Scan(version).Error
	if err == nil && *version == 0 {
		return issuance.ErrTypeChanged
	}
	return err
}

// ListTypeVersions implements issuance.TypeVersions.
func (s *Store) ListTypeVersions(ctx context.Context) ([]issuance.TypeVersion, error) {
	var rows []struct {
		ID, Metadata, Config, CreatedBy string
		Version                         int
		CreatedAt                       int64
	}
	err := s.reads.WithContext(ctx).Raw("SELECT id, version, metadata, config, created_at, created_by FROM type_versions ORDER BY created_at, id, version").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read types: %w", err)
	}
	out := make([]issuance.TypeVersion, 0, len(rows))
	for _, r := range rows {
		out = append(out, issuance.TypeVersion{
			ID: r.ID, Version: r.Version, Metadata: []byte(r.Metadata), Config: []byte(r.Config), CreatedAt: moment(r.CreatedAt), CreatedBy: r.CreatedBy,
		})
	}
	return out, nil
}

// CountTypeVersions implements issuance.TypeVersions.
func (s *Store) CountTypeVersions(ctx context.Context) (int, error) {
	var n int
	if err := s.reads.WithContext(ctx).Raw("SELECT count(*) FROM type_versions").Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count types: %w", err)
	}
	return n, nil
}
