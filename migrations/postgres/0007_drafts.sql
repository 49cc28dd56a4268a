-- +goose Up
-- What somebody typed into the form of a new offer and has not sent, for a day at most. Times as in 0001.

CREATE TABLE drafts (
    person_id TEXT   NOT NULL REFERENCES people (id),
    type      TEXT   NOT NULL,                     -- one draft a person and type
    form      BYTEA  NOT NULL,                     -- SHA-256 of the token of the form that wrote it, or that is done
    data_key  BYTEA,                               -- seals content; both NULL once an offer was made of it or it was discarded
    content   BYTEA,
    saved_at  BIGINT NOT NULL,
    PRIMARY KEY (person_id, type)
);
CREATE INDEX drafts_saved ON drafts (saved_at);

-- +goose Down
DROP TABLE drafts;
