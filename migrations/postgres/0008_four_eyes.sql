-- +goose Up
-- Who made an offer, and what exactly a second person approved. Times as in 0001.
ALTER TABLE offers ADD COLUMN maker TEXT NOT NULL DEFAULT '';           -- person; empty: a client of the management door
ALTER TABLE offers ADD COLUMN valid_for BIGINT NOT NULL DEFAULT 0;      -- milliseconds from the approval
ALTER TABLE offers ADD COLUMN content BYTEA;                             -- keyed hash of what is approved; NULL: nobody has to
ALTER TABLE offers ADD COLUMN approver TEXT NOT NULL DEFAULT '' CHECK (approver = '' OR approver <> maker); -- person
ALTER TABLE offers ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';     -- their name
ALTER TABLE offers ADD COLUMN claims_before BYTEA;                       -- sealed: what the offer said that this one corrects
UPDATE offers SET maker = COALESCE((SELECT min(id) FROM people WHERE display = created_by GROUP BY display HAVING count(*) = 1), '')
    WHERE channel = 'portal';
CREATE INDEX offers_pending ON offers (created_at) WHERE status = 'pending';
CREATE INDEX offers_maker ON offers (maker, created_at DESC, id) WHERE maker <> '';

-- A correction that came to nothing leaves room for another one.
DROP INDEX offers_replaces;
CREATE INDEX offers_replaces ON offers (replaces) WHERE replaces IS NOT NULL;
CREATE UNIQUE INDEX offers_replaced_once ON offers (replaces)
    WHERE replaces IS NOT NULL AND status IN ('pending', 'ready', 'retrieved', 'redeemed', 'issued', 'confirmed');

-- Finding offers again: by the beginning of the reference, and by the customer.
ALTER TABLE offers ADD COLUMN reference_key TEXT COLLATE "C" NOT NULL DEFAULT '';   -- the reference in small letters
ALTER TABLE offers ADD COLUMN customer BYTEA;                            -- keyed hash of the customer's number
UPDATE offers SET reference_key = lower(reference) WHERE reference <> '';
CREATE INDEX offers_reference_key ON offers (reference_key) WHERE reference_key <> '';
CREATE INDEX offers_customer ON offers (customer) WHERE customer IS NOT NULL;

-- +goose Down
DROP INDEX offers_customer;
DROP INDEX offers_reference_key;
ALTER TABLE offers DROP COLUMN customer;
ALTER TABLE offers DROP COLUMN reference_key;
DROP INDEX offers_replaced_once;
DROP INDEX offers_replaces;
CREATE UNIQUE INDEX offers_replaces ON offers (replaces) WHERE replaces IS NOT NULL;
DROP INDEX offers_maker;
DROP INDEX offers_pending;
ALTER TABLE offers DROP COLUMN claims_before;
ALTER TABLE offers DROP COLUMN approved_by;
ALTER TABLE offers DROP COLUMN approver;
ALTER TABLE offers DROP COLUMN content;
ALTER TABLE offers DROP COLUMN valid_for;
ALTER TABLE offers DROP COLUMN maker;
