-- +goose Up
-- Second screens at the counter, turned to customers. Times as in 0001; 0 is no time.

CREATE TABLE displays (
    token_hash   BYTEA  NOT NULL PRIMARY KEY,      -- SHA-256 of what the display's browser holds
    code         TEXT   UNIQUE,                    -- pairs it until code_until; NULL once used
    code_until   BIGINT NOT NULL,
    person_id    TEXT   UNIQUE REFERENCES people (id), -- who paired it, until paired_until; one display a person
    paired_until BIGINT NOT NULL,
    offer_id     TEXT   REFERENCES offers (id),    -- what it shows
    shown_by     BYTEA,                            -- hash of the session that told it to; what it shows ends with that session
    seen_at      BIGINT NOT NULL
);
CREATE INDEX displays_seen ON displays (seen_at);

-- +goose Down
DROP TABLE displays;
