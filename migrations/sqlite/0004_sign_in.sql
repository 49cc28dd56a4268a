-- +goose Up
-- How people sign in besides a password. Times as in 0001; 0 is no time.
ALTER TABLE people ADD COLUMN external TEXT NOT NULL DEFAULT '';   -- issuer and subject at an identity provider; empty: a local account
ALTER TABLE people ADD COLUMN totp BLOB;                           -- sealed; NULL: no authenticator app
ALTER TABLE people ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0; -- the last time step that was used: each is good for once
CREATE UNIQUE INDEX people_external ON people (external) WHERE external <> '';

CREATE TABLE passkeys (
    id         TEXT   NOT NULL PRIMARY KEY,     -- credential id, base64url
    person_id  TEXT   NOT NULL REFERENCES people (id),
    name       TEXT   NOT NULL,
    credential TEXT   NOT NULL,                 -- public key, flags and counter, JSON
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);
CREATE INDEX passkeys_person ON passkeys (person_id);

CREATE TABLE recovery_codes (
    person_id TEXT NOT NULL REFERENCES people (id),
    hash      BLOB NOT NULL,                    -- SHA-256 of the code, which is stored nowhere
    PRIMARY KEY (person_id, hash)
);

-- Signing in by more than one request: what was begun, for a few minutes and one use.
CREATE TABLE steps (
    hash      BLOB   NOT NULL PRIMARY KEY,      -- SHA-256 of what the browser holds
    kind      TEXT   NOT NULL,
    person_id TEXT   NOT NULL,                  -- empty: not known yet
    data      BLOB   NOT NULL,                  -- sealed
    ends_at   BIGINT NOT NULL
);
CREATE INDEX steps_old ON steps (ends_at);

-- Sessions are shown to whom they belong; those that are there know too little of themselves.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN method TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX sessions_id ON sessions (id);

-- +goose Down
DROP INDEX sessions_id;
ALTER TABLE sessions DROP COLUMN address;
ALTER TABLE sessions DROP COLUMN agent;
ALTER TABLE sessions DROP COLUMN method;
ALTER TABLE sessions DROP COLUMN id;
DROP TABLE steps;
DROP TABLE recovery_codes;
DROP TABLE passkeys;
DROP INDEX people_external;
ALTER TABLE people DROP COLUMN totp_step;
ALTER TABLE people DROP COLUMN totp;
ALTER TABLE people DROP COLUMN external;
