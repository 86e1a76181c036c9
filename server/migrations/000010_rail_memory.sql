-- What the adapters of real rails remember between calls and processes: the rail's own names of our recipients and pages, and claims on
-- calls that carry no reference of ours. No money is counted from it; without it a rail would be asked again, or not be asked twice.

CREATE TABLE rail_memory (
  rail       text NOT NULL,
  kind       text NOT NULL,
  key        text NOT NULL,
  value      jsonb NOT NULL,
  written_at timestamptz(3) NOT NULL,
  PRIMARY KEY (rail, kind, key)
);
GRANT SELECT, INSERT, UPDATE ON rail_memory TO tranche_app;
GRANT SELECT ON rail_memory TO tranche_read;

-- A rail that tells of a refund names its payment alone.
CREATE INDEX disbursements_of_a_payment ON disbursements (seller_id, payment_id) WHERE payment_id IS NOT NULL;
