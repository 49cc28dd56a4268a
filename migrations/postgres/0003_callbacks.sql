-- +goose Up
-- What the settings last said of an endpoint, so that a start changes only what was said anew: empty for one that they do not make.
ALTER TABLE endpoints ADD COLUMN configured_url TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoints ADD COLUMN configured_secret TEXT NOT NULL DEFAULT ''; -- SHA-256, hex

-- An event that was missed is queued after later ones of its offer: what goes first is what happened first.
DROP INDEX deliveries_order;
CREATE INDEX deliveries_order ON deliveries (endpoint_id, offer_id, sequence) WHERE state = 'queued';

-- Events that are about no offer, and what each of them is known by.
ALTER TABLE events ALTER COLUMN offer_id DROP NOT NULL;
ALTER TABLE events ADD COLUMN event_id TEXT UNIQUE; -- NULL: made of offer and sequence

-- +goose Down
DELETE FROM events WHERE offer_id IS NULL;
ALTER TABLE events DROP COLUMN event_id;
ALTER TABLE events ALTER COLUMN offer_id SET NOT NULL;
DROP INDEX deliveries_order;
CREATE INDEX deliveries_order ON deliveries (endpoint_id, offer_id, id) WHERE state = 'queued';
ALTER TABLE endpoints DROP COLUMN configured_secret;
ALTER TABLE endpoints DROP COLUMN configured_url;
