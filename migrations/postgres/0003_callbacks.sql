-- +goose Up
-- What the settings last said of an endpoint, so that a start changes only what was said anew: empty for one that they do not make.
ALTER TABLE endpoints ADD COLUMN configured_url TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoints ADD COLUMN configured_secret TEXT NOT NULL DEFAULT ''; -- SHA-256, hex

-- What goes first of an offer is found among its deliveries, which are few: by deliveries_offer.
DROP INDEX deliveries_order;

-- Events that are about no offer, and what each of them is known by.
ALTER TABLE events ALTER COLUMN offer_id DROP NOT NULL;
ALTER TABLE events ADD COLUMN event_id TEXT UNIQUE; -- NULL: made of offer and sequence

-- One space of idempotency keys for every POST: the answer to an offer is made of the offer.
ALTER TABLE answers ADD COLUMN offer_id TEXT REFERENCES offers (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE answers ADD COLUMN tx_code BYTEA; -- sealed
INSERT INTO answers (key_hash, request_hash, status, body, lease_until, expires_at, offer_id)
    SELECT key_hash, request_hash, 201, NULL, 0, expires_at, offer_id FROM idempotency_keys;
DROP TABLE idempotency_keys;

-- +goose Down
CREATE TABLE idempotency_keys (
    key_hash     BYTEA  NOT NULL PRIMARY KEY,
    request_hash BYTEA  NOT NULL,
    offer_id     TEXT   NOT NULL REFERENCES offers (id) DEFERRABLE INITIALLY DEFERRED,
    tx_code      BYTEA,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_old ON idempotency_keys (expires_at);
INSERT INTO idempotency_keys (key_hash, request_hash, offer_id, expires_at)
    SELECT key_hash, request_hash, offer_id, expires_at FROM answers WHERE offer_id IS NOT NULL;
DELETE FROM answers WHERE offer_id IS NOT NULL;
ALTER TABLE answers DROP COLUMN tx_code;
ALTER TABLE answers DROP COLUMN offer_id;
DELETE FROM events WHERE offer_id IS NULL;
ALTER TABLE events DROP COLUMN event_id;
ALTER TABLE events ALTER COLUMN offer_id SET NOT NULL;
CREATE INDEX deliveries_order ON deliveries (endpoint_id, offer_id, id) WHERE state = 'queued';
ALTER TABLE endpoints DROP COLUMN configured_secret;
ALTER TABLE endpoints DROP COLUMN configured_url;
