-- +goose Up
-- An offer may be made again with the same data. Times as in 0001; 0 is no time.
ALTER TABLE offers ADD COLUMN replaces TEXT REFERENCES offers (id); -- the offer before, which this one took the place of
ALTER TABLE offers ADD COLUMN claims_until BIGINT NOT NULL DEFAULT 0; -- of one that expired or failed: when its claims are destroyed
ALTER TABLE offers ADD COLUMN wallet_said TEXT NOT NULL DEFAULT ''; -- kind of the last event that the wallet told
CREATE UNIQUE INDEX offers_replaces ON offers (replaces) WHERE replaces IS NOT NULL; -- one offer takes the place of another
CREATE INDEX offers_kept ON offers (claims_until) WHERE claims_until > 0 AND data_key IS NOT NULL;

-- What a program knows the cause by; empty where the kind says it all.
ALTER TABLE events ADD COLUMN code TEXT NOT NULL DEFAULT '';

ALTER TABLE displays ADD COLUMN language TEXT NOT NULL DEFAULT ''; -- BCP 47, of the customers; empty: not chosen

-- +goose Down
ALTER TABLE displays DROP COLUMN language;
ALTER TABLE events DROP COLUMN code;
DROP INDEX offers_kept;
DROP INDEX offers_replaces;
ALTER TABLE offers DROP COLUMN wallet_said;
ALTER TABLE offers DROP COLUMN claims_until;
ALTER TABLE offers DROP COLUMN replaces;
