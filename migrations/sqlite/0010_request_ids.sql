-- +goose Up
-- The request that an event came of, as the log of its door has it; empty: none, as when time ran out.
ALTER TABLE events ADD COLUMN request_id TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE events DROP COLUMN request_id;
