-- The sandbox rail's own books. It stands for an outside payment provider, so nothing here refers to the platform's tables,
-- and the platform's tables refer to nothing here. Applied at every start of a sandbox installation; every statement may run again.

SELECT pg_advisory_xact_lock(726801445301);

CREATE SCHEMA IF NOT EXISTS sandbox_rail;

-- One row per reference that a page was opened for, or that money arrived on unasked.
CREATE TABLE IF NOT EXISTS sandbox_rail.payments (
  reference       text PRIMARY KEY,
  seller_id       bigint,
  asked_amount    bigint NOT NULL CONSTRAINT asked_amount_positive CHECK (asked_amount > 0),
  asked_currency  text NOT NULL,
  description     text NOT NULL,
  return_url      text,
  status          text NOT NULL CONSTRAINT payment_status_known CHECK (status IN ('open', 'pending', 'succeeded', 'failed', 'abandoned')),
  pending_amount  bigint,
  pending_currency text,
  card            text,
  opened_at       timestamptz NOT NULL
);

-- Money that arrived. Several per reference when a payer pays twice.
CREATE TABLE IF NOT EXISTS sandbox_rail.receipts (
  rail_reference  text PRIMARY KEY,
  position        bigint GENERATED ALWAYS AS IDENTITY,
  reference       text NOT NULL REFERENCES sandbox_rail.payments,
  amount          bigint NOT NULL CONSTRAINT receipt_amount_positive CHECK (amount > 0),
  currency        text NOT NULL,
  fee             bigint NOT NULL CONSTRAINT receipt_fee_within CHECK (fee >= 0 AND fee <= amount),
  method          text NOT NULL,
  refund_dead     boolean NOT NULL,
  paid_at         timestamptz NOT NULL,
  settled_at      timestamptz,
  dispute         text CONSTRAINT dispute_known CHECK (dispute IN ('open', 'won', 'lost')),
  dispute_amount  bigint,
  dispute_taken   boolean NOT NULL DEFAULT false,
  lost_amount     bigint NOT NULL DEFAULT 0 CONSTRAINT lost_within CHECK (lost_amount >= 0 AND lost_amount <= amount)
);
CREATE INDEX IF NOT EXISTS receipts_by_reference ON sandbox_rail.receipts (reference, position);
CREATE INDEX IF NOT EXISTS receipts_unsettled ON sandbox_rail.receipts (paid_at) WHERE settled_at IS NULL;

-- One row per send's reference. `lost`: the call never arrived; it is kept only to let the next try through.
CREATE TABLE IF NOT EXISTS sandbox_rail.sends (
  reference       text PRIMARY KEY,
  position        bigint GENERATED ALWAYS AS IDENTITY,
  kind            text NOT NULL CONSTRAINT send_kind_known CHECK (kind IN ('payout', 'refund')),
  amount          bigint NOT NULL CONSTRAINT send_amount_positive CHECK (amount > 0),
  currency        text NOT NULL,
  target          text NOT NULL,
  payment_reference text REFERENCES sandbox_rail.payments,
  rail_reference  text REFERENCES sandbox_rail.receipts,
  status          text NOT NULL CONSTRAINT send_status_known CHECK (status IN ('lost', 'pending', 'succeeded', 'failed', 'reversed')),
  cost            bigint NOT NULL DEFAULT 0,
  fault           text CONSTRAINT send_fault_known CHECK (fault IN ('payee', 'rail')),
  reason          text,
  look_ups        integer NOT NULL DEFAULT 0,
  sent_at         timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS sends_by_target ON sandbox_rail.sends (target, position);
CREATE INDEX IF NOT EXISTS sends_by_payment ON sandbox_rail.sends (payment_reference) WHERE payment_reference IS NOT NULL;

-- What the rail told, byte for byte, so that it can be told again.
CREATE TABLE IF NOT EXISTS sandbox_rail.events (
  event_id        text PRIMARY KEY,
  position        bigint GENERATED ALWAYS AS IDENTITY,
  type            text NOT NULL,
  reference       text NOT NULL,
  body            text NOT NULL,
  occurred_at     timestamptz NOT NULL,
  delivered_at    timestamptz,
  deliveries      integer NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS events_undelivered ON sandbox_rail.events (position) WHERE delivered_at IS NULL;

-- The independent record of cash: one row each time money moves, never changed.
CREATE TABLE IF NOT EXISTS sandbox_rail.movements (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at              timestamptz NOT NULL,
  kind            text NOT NULL CONSTRAINT movement_kind_known CHECK (kind IN (
    'payment', 'payment_fee', 'settlement', 'refund', 'payout', 'send_cost', 'send_returned',
    'dispute_taken', 'dispute_returned', 'dispute_fee')),
  amount          bigint NOT NULL CONSTRAINT movement_amount_positive CHECK (amount > 0),
  currency        text NOT NULL,
  reference       text NOT NULL,
  rail_reference  text
);
CREATE INDEX IF NOT EXISTS movements_by_reference ON sandbox_rail.movements (reference);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tranche_app') THEN
    GRANT USAGE ON SCHEMA sandbox_rail TO tranche_app;
    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA sandbox_rail TO tranche_app;
    REVOKE UPDATE ON sandbox_rail.movements FROM tranche_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA sandbox_rail TO tranche_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tranche_read') THEN
    GRANT USAGE ON SCHEMA sandbox_rail TO tranche_read;
    GRANT SELECT ON ALL TABLES IN SCHEMA sandbox_rail TO tranche_read;
  END IF;
END
$$;
