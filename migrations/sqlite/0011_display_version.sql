-- +goose Up
-- Grows whenever the display is told what to show: who looks every second misses nothing that was taken back within it.
ALTER TABLE displays ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE displays DROP COLUMN version;
