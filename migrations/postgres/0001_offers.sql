-- +goose Up
-- Times are whole milliseconds since 1970 in UTC.

CREATE TABLE offers (
    id              TEXT    NOT NULL PRIMARY KEY,
    type            TEXT    NOT NULL,
    type_version    INTEGER NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'ready', 'retrieved', 'redeemed', 'issued', 'confirmed', 'cancelled', 'expired', 'failed')),
    version         INTEGER NOT NULL,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    channel         TEXT    NOT NULL,
    created_by      TEXT    NOT NULL,
    reference       TEXT    NOT NULL,
    scheme          TEXT    NOT NULL,
    tx_mode         TEXT    NOT NULL,           -- empty: no transaction code
    tx_length       INTEGER NOT NULL,
    tx_description  TEXT    NOT NULL,
    attempts        INTEGER NOT NULL,
    collected       INTEGER NOT NULL,           -- credentials signed so far
    cause           TEXT    NOT NULL,
    code_hash       BYTEA   NOT NULL UNIQUE,
    tx_mac          BYTEA,
    data_key        BYTEA,                       -- wrapped; destroying it destroys claims and tx_code
    claims          BYTEA,
    tx_code         BYTEA
);
CREATE INDEX offers_open ON offers (expires_at) WHERE status IN ('pending', 'ready', 'retrieved', 'redeemed');
CREATE INDEX offers_sealed ON offers (expires_at) WHERE data_key IS NOT NULL;
CREATE INDEX offers_newest ON offers (created_at DESC, id);
CREATE INDEX offers_reference ON offers (reference) WHERE reference <> '';

CREATE TABLE grants (
    token_hash BYTEA  NOT NULL PRIMARY KEY,
    offer_id   TEXT   NOT NULL REFERENCES offers (id),
    type       TEXT   NOT NULL,
    thumbprint TEXT   NOT NULL,
    -- The token answer named credential identifiers: the wallet must then ask by them (OpenID4VCI 1.0 §8.2).
    identifiers BOOLEAN NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE spent_values (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_values_old ON spent_values (expires_at);

CREATE TABLE batches (
    id           TEXT   NOT NULL PRIMARY KEY,   -- the notification_id
    offer_id     TEXT   NOT NULL REFERENCES offers (id),
    token_hash   BYTEA  NOT NULL,
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT,
    failed_at    BIGINT,
    deleted_at   BIGINT
);

CREATE TABLE credentials (
    id         TEXT   NOT NULL PRIMARY KEY,
    offer_id   TEXT   NOT NULL REFERENCES offers (id),
    batch_id   TEXT   NOT NULL REFERENCES batches (id),
    format     TEXT   NOT NULL,
    thumbprint TEXT   NOT NULL,
    digest     BYTEA  NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX credentials_offer ON credentials (offer_id);

CREATE TABLE events (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    offer_id TEXT    NOT NULL REFERENCES offers (id),
    sequence INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    callback TEXT    NOT NULL,
    cause    TEXT    NOT NULL,
    at       BIGINT  NOT NULL,
    position BIGINT UNIQUE,                     -- in the order in which readers of the whole record get it; given when somebody reads
    UNIQUE (offer_id, sequence)
);
CREATE INDEX events_unread ON events (id) WHERE position IS NULL;
-- Exactly one terminal status is ever told for an offer.
CREATE UNIQUE INDEX events_one_end ON events (offer_id) WHERE callback IN ('ISSUED', 'FAILED', 'EXPIRED');

CREATE TABLE endpoints (
    id             TEXT   NOT NULL PRIMARY KEY,
    name           TEXT   NOT NULL,
    url            TEXT   NOT NULL,
    secret         BYTEA  NOT NULL,             -- sealed
    old_secret     BYTEA,                       -- sealed; signs beside the new one until old_until
    old_until      BIGINT NOT NULL,
    types          TEXT   NOT NULL,             -- |A|B|, empty: every type
    statuses       TEXT   NOT NULL,             -- |ISSUED|FAILED|
    state          TEXT   NOT NULL CHECK (state IN ('active', 'paused', 'disabled', 'deleted')),
    failing_since  BIGINT NOT NULL,
    last_result    TEXT   NOT NULL,             -- of the attempt that began or ended the trouble
    created_at     BIGINT NOT NULL,
    created_by     TEXT   NOT NULL
);

CREATE TABLE deliveries (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id   TEXT    NOT NULL REFERENCES endpoints (id),
    offer_id      TEXT    REFERENCES offers (id), -- NULL: it is about no offer
    sequence      INTEGER NOT NULL,
    event_id      TEXT    NOT NULL,
    webhook_id    TEXT    NOT NULL,             -- what receivers know a repeat by
    status        TEXT    NOT NULL,
    error_details TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('queued', 'delivered', 'exhausted', 'cancelled')),
    attempts      INTEGER NOT NULL,
    created_at    BIGINT  NOT NULL,
    next_at       BIGINT  NOT NULL,             -- of what is out: when its lease ends
    lease_until   BIGINT  NOT NULL,
    last_at       BIGINT  NOT NULL,
    last_result   TEXT    NOT NULL,
    UNIQUE (endpoint_id, webhook_id)
);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at, id) WHERE state = 'queued';
CREATE INDEX deliveries_order ON deliveries (endpoint_id, offer_id, id) WHERE state = 'queued';
CREATE INDEX deliveries_offer ON deliveries (offer_id);
CREATE INDEX deliveries_newest ON deliveries (endpoint_id, id);
CREATE INDEX deliveries_old ON deliveries (created_at) WHERE state <> 'queued';

CREATE TABLE attempts (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id BIGINT  NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    at          BIGINT  NOT NULL,
    took        BIGINT  NOT NULL,               -- milliseconds
    result      TEXT    NOT NULL,
    http_status INTEGER NOT NULL,               -- 0: there was no answer
    response    BYTEA  NOT NULL                 -- what came back, cut
);
CREATE INDEX attempts_delivery ON attempts (delivery_id, id);

CREATE TABLE idempotency_keys (
    key_hash     BYTEA  NOT NULL PRIMARY KEY,
    request_hash BYTEA  NOT NULL,
    offer_id     TEXT   NOT NULL REFERENCES offers (id) DEFERRABLE INITIALLY DEFERRED,
    tx_code      BYTEA,                          -- sealed
    expires_at   BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_old ON idempotency_keys (expires_at);

-- What a POST that was repeated is answered; offers have a table of their own, because theirs commits with the offer.
CREATE TABLE answers (
    key_hash     BYTEA  NOT NULL PRIMARY KEY,
    request_hash BYTEA  NOT NULL,
    status       INTEGER NOT NULL,              -- 0: still being worked on
    body         BYTEA,                        -- sealed
    lease_until  BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX answers_old ON answers (expires_at);

-- Credential types that were added while the program ran, as they were sent.
CREATE TABLE type_versions (
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    metadata   TEXT    NOT NULL,
    config     TEXT    NOT NULL,                -- empty: the defaults
    created_at BIGINT  NOT NULL,
    created_by TEXT    NOT NULL,
    PRIMARY KEY (id, version)
);

CREATE TABLE people (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    display       TEXT    NOT NULL,
    roles         TEXT    NOT NULL,             -- separated by commas
    disabled      BOOLEAN NOT NULL,
    password_hash TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL
);

CREATE TABLE sessions (
    token_hash BYTEA  NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL REFERENCES people (id),
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person_id);

-- +goose Down
DROP TABLE sessions;
DROP TABLE people;
DROP TABLE type_versions;
DROP TABLE answers;
DROP TABLE idempotency_keys;
DROP TABLE attempts;
DROP TABLE deliveries;
DROP TABLE endpoints;
DROP TABLE events;
DROP TABLE credentials;
DROP TABLE batches;
DROP TABLE spent_values;
DROP TABLE grants;
DROP TABLE offers;
