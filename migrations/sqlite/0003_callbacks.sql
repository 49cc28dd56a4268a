-- +goose Up
-- What the settings last said of an endpoint, so that a start changes only what was said anew: empty for one that they do not make.
ALTER TABLE endpoints ADD COLUMN configured_url TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoints ADD COLUMN configured_secret TEXT NOT NULL DEFAULT ''; -- SHA-256, hex

-- What goes first of an offer is found among its deliveries, which are few: by deliveries_offer.
DROP INDEX deliveries_order;

-- Events that are about no offer, and what each of them is known by.
CREATE TABLE events_new (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    offer_id TEXT    REFERENCES offers (id),    -- NULL: it is about no offer
    sequence INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    callback TEXT    NOT NULL,
    cause    TEXT    NOT NULL,
    at       BIGINT  NOT NULL,
    position BIGINT UNIQUE,                     -- in the order in which readers of the whole record get it; given when somebody reads
    event_id TEXT UNIQUE,                       -- NULL: made of offer and sequence
    UNIQUE (offer_id, sequence)
);
INSERT INTO events_new (id, offer_id, sequence, kind, callback, cause, at, position)
    SELECT id, offer_id, sequence, kind, callback, cause, at, position FROM events;
DROP TABLE events;
ALTER TABLE events_new RENAME TO events;
CREATE INDEX events_unread ON events (id) WHERE position IS NULL;
-- Exactly one terminal status is ever told for an offer.
CREATE UNIQUE INDEX events_one_end ON events (offer_id) WHERE callback IN ('ISSUED', 'FAILED', 'EXPIRED');

-- One space of idempotency keys for every POST: the answer to an offer is made of the offer.
ALTER TABLE answers ADD COLUMN offer_id TEXT REFERENCES offers (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE answers ADD COLUMN tx_code BLOB; -- sealed
INSERT INTO answers (key_hash, request_hash, status, body, lease_until, expires_at, offer_id)
    SELECT key_hash, request_hash, 201, NULL, 0, expires_at, offer_id FROM idempotency_keys;
DROP TABLE idempotency_keys;

-- +goose Down
CREATE TABLE idempotency_keys (
    key_hash     BLOB   NOT NULL PRIMARY KEY,
    request_hash BLOB   NOT NULL,
    offer_id     TEXT   NOT NULL REFERENCES offers (id) DEFERRABLE INITIALLY DEFERRED,
    tx_code      BLOB,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_old ON idempotency_keys (expires_at);
INSERT INTO idempotency_keys (key_hash, request_hash, offer_id, expires_at)
    SELECT key_hash, request_hash, offer_id, expires_at FROM answers WHERE offer_id IS NOT NULL;
DELETE FROM answers WHERE offer_id IS NOT NULL;
ALTER TABLE answers DROP COLUMN tx_code;
ALTER TABLE answers DROP COLUMN offer_id;
DELETE FROM events WHERE offer_id IS NULL;
CREATE TABLE events_new (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    offer_id TEXT    NOT NULL REFERENCES offers (id),
    sequence INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    callback TEXT    NOT NULL,
    cause    TEXT    NOT NULL,
    at       BIGINT  NOT NULL,
    position BIGINT UNIQUE,
    UNIQUE (offer_id, sequence)
);
INSERT INTO events_new (id, offer_id, sequence, kind, callback, cause, at, position)
    SELECT id, offer_id, sequence, kind, callback, cause, at, position FROM events;
DROP TABLE events;
ALTER TABLE events_new RENAME TO events;
CREATE INDEX events_unread ON events (id) WHERE position IS NULL;
CREATE UNIQUE INDEX events_one_end ON events (offer_id) WHERE callback IN ('ISSUED', 'FAILED', 'EXPIRED');
CREATE INDEX deliveries_order ON deliveries (endpoint_id, offer_id, id) WHERE state = 'queued';
ALTER TABLE endpoints DROP COLUMN configured_secret;
ALTER TABLE endpoints DROP COLUMN configured_url;
