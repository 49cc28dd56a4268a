-- +goose Up
-- Programs that may call the management door, and their keys. Times as in 0001; 0 is no time.

CREATE TABLE clients (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    scopes     TEXT    NOT NULL,             -- this and the next two separated by spaces
    types      TEXT    NOT NULL,             -- empty: all
    networks   TEXT    NOT NULL,             -- empty: anywhere
    disabled   BOOLEAN NOT NULL,
    -- Grows with every change of the client or its keys: changes that must not pass each other change it first.
    version    INTEGER NOT NULL,
    created_at BIGINT  NOT NULL
);

CREATE TABLE client_identities (
    identity  TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id)
);
CREATE INDEX client_identities_client ON client_identities (client_id);

CREATE TABLE client_keys (
    id           TEXT   NOT NULL PRIMARY KEY,
    client_id    TEXT   NOT NULL REFERENCES clients (id),
    hash         BLOB   NOT NULL UNIQUE,     -- SHA-256 of the key, which is stored nowhere
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    revoked_at   BIGINT NOT NULL
);
CREATE INDEX client_keys_client ON client_keys (client_id);

-- +goose Down
DROP TABLE client_keys;
DROP TABLE client_identities;
DROP TABLE clients;
