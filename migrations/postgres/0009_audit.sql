-- +goose Up
-- Who did what: a chain in which each row holds a hash over itself and the hash of the row before. Times as in 0001.
CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,      -- 1, 2, 3 … without a gap
    at       BIGINT NOT NULL,
    actor    TEXT   NOT NULL,                  -- name of a person or client; empty: nobody is known
    via      TEXT   NOT NULL,                  -- portal, api, command line
    address  TEXT   NOT NULL,
    action   TEXT   NOT NULL,
    object   TEXT   NOT NULL,                  -- what it was done to
    details  TEXT   NOT NULL,
    hash     BYTEA  NOT NULL                   -- SHA-256
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_actor ON audit (actor, sequence);
CREATE INDEX audit_action ON audit (action, sequence);

-- The end of the chain. Whoever appends changes it first, so that two wait for each other.
CREATE TABLE audit_head (
    id       INTEGER NOT NULL PRIMARY KEY,
    sequence BIGINT  NOT NULL,
    hash     BYTEA   NOT NULL
);
INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '');

ALTER TABLE people ADD COLUMN language TEXT NOT NULL DEFAULT '';            -- BCP 47; empty: as the browser asks
ALTER TABLE sessions ADD COLUMN provider_session TEXT NOT NULL DEFAULT '';  -- sid of the identity provider; empty: none
CREATE INDEX sessions_provider ON sessions (provider_session) WHERE provider_session <> '';

-- +goose Down
DROP INDEX sessions_provider;
ALTER TABLE sessions DROP COLUMN provider_session;
ALTER TABLE people DROP COLUMN language;
DROP TABLE audit_head;
DROP TABLE audit;
