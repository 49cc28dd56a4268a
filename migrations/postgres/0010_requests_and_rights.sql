-- +goose Up
-- The request that an event came of, as the log of its door has it; empty: none, as when time ran out.
ALTER TABLE events ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
-- Grows whenever what a client may do is changed: who acts on what they saw acts on nothing else.
ALTER TABLE clients ADD COLUMN rights INTEGER NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE clients DROP COLUMN rights;
ALTER TABLE events DROP COLUMN request_id;
