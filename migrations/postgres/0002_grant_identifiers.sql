-- +goose Up
-- Whether the token answer named credential identifiers: the wallet must then ask by them (OpenID4VCI 1.0 §8.2).
ALTER TABLE grants ADD COLUMN identifiers BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE grants DROP COLUMN identifiers;
