-- Payments in, payouts and refunds out, and what the rails told us.

CREATE TABLE payments (
  seller_id         bigint NOT NULL,
  id                bigint NOT NULL,
  order_id          bigint,
  rail              text NOT NULL,
  reference         text NOT NULL,
  rail_reference    text,
  state             text NOT NULL,
  version           integer NOT NULL,
  asked             bigint NOT NULL,
  currency          text NOT NULL,
  received          bigint NOT NULL,
  received_currency text,
  unapplied         bigint NOT NULL,
  rail_fee          bigint NOT NULL,
  disputed          bigint NOT NULL,
  taken_at_once     boolean NOT NULL,
  charged_back      bigint NOT NULL,
  settled           boolean NOT NULL,
  -- The contacts that the payer confirmed when this payment was opened.
  contact_email     text,
  contact_phone     text,
  opened_at         timestamptz(3) NOT NULL,
  received_at       timestamptz(3),
  due_at            timestamptz(3),
  PRIMARY KEY (seller_id, id),
  FOREIGN KEY (seller_id, order_id) REFERENCES orders (seller_id, id),
  CONSTRAINT what_fits_nothing_is_part_of_what_came CHECK (unapplied BETWEEN 0 AND received)
);
CREATE INDEX payments_of_an_order ON payments (seller_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX payments_due ON payments (due_at) WHERE due_at IS NOT NULL;
-- Money that nobody asked for has no name of ours that would keep it from being booked twice.
CREATE UNIQUE INDEX a_receipt_comes_into_the_house_book_once ON payments (rail, rail_reference) WHERE seller_id = 0;

-- Finds the book of a payment from the rail's reference.
CREATE TABLE payment_references (
  rail       text NOT NULL,
  reference  text NOT NULL,
  seller_id  bigint NOT NULL,
  payment_id bigint NOT NULL,
  order_id   bigint,
  PRIMARY KEY (rail, reference)
);

CREATE TABLE attempts (
  seller_id  bigint NOT NULL,
  id         bigint NOT NULL,
  reference  text NOT NULL,
  rail       text NOT NULL,
  kind       text NOT NULL CONSTRAINT an_attempt_is_a_payout_or_refund CHECK (kind IN ('payout', 'refund')),
  amount     bigint NOT NULL CONSTRAINT an_attempt_sends_something CHECK (amount > 0),
  currency   text NOT NULL,
  sent_to    jsonb NOT NULL,
  state      text NOT NULL CONSTRAINT an_attempt_is_in_a_known_state
    CHECK (state IN ('sending', 'in_flight', 'outcome_unknown', 'succeeded', 'failed', 'reversed')),
  number     integer NOT NULL,
  started_at timestamptz(3) NOT NULL,
  ended_at   timestamptz(3),
  due_at     timestamptz(3),
  said       text,
  PRIMARY KEY (seller_id, id)
);
CREATE INDEX attempts_due ON attempts (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE attempt_references (
  rail       text NOT NULL,
  reference  text NOT NULL,
  seller_id  bigint NOT NULL,
  attempt_id bigint NOT NULL,
  PRIMARY KEY (rail, reference)
);

CREATE TABLE disbursements (
  seller_id    bigint NOT NULL,
  id           bigint NOT NULL,
  kind         text NOT NULL CONSTRAINT a_disbursement_is_a_payout_or_refund CHECK (kind IN ('payout', 'refund')),
  order_id     bigint,
  payment_id   bigint,
  payee_kind   text NOT NULL,
  payee_id     bigint NOT NULL,
  source       text NOT NULL,
  amount       bigint NOT NULL CONSTRAINT a_disbursement_is_of_a_positive_amount CHECK (amount > 0),
  currency     text NOT NULL,
  -- What leaves the rail: a payee may be paid in another currency than the book's.
  out_amount   bigint NOT NULL CONSTRAINT nothing_less_than_nothing_leaves CHECK (out_amount >= 0),
  out_currency text NOT NULL,
  rail         text NOT NULL,
  state        text NOT NULL,
  version      integer NOT NULL,
  attempt_id   bigint,
  attempts     integer NOT NULL,
  fault        text,
  reason       text,
  details      jsonb,
  created_at   timestamptz(3) NOT NULL,
  due_at       timestamptz(3),
  concluded_at timestamptz(3),
  PRIMARY KEY (seller_id, id),
  CONSTRAINT in_its_own_currency_all_of_it_leaves CHECK (out_currency <> currency OR out_amount = amount)
);
CREATE INDEX disbursements_of_an_order ON disbursements (seller_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX disbursements_of_an_attempt ON disbursements (seller_id, attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX disbursements_parked ON disbursements (seller_id, payee_kind, payee_id) WHERE state = 'parked';
CREATE INDEX disbursements_due ON disbursements (due_at) WHERE due_at IS NOT NULL;

-- What a rail told us, stored before anything is done about it, and never dropped.
CREATE TABLE rail_events (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rail        text NOT NULL,
  event_id    text NOT NULL,
  type        text NOT NULL,
  reference   text NOT NULL,
  body        bytea NOT NULL,
  parsed      jsonb NOT NULL,
  received_at timestamptz(3) NOT NULL,
  times       integer NOT NULL DEFAULT 1,
  due_at      timestamptz(3),
  tries       integer NOT NULL DEFAULT 0,
  outcome     text,
  note        text,
  CONSTRAINT an_event_is_stored_once UNIQUE (rail, event_id)
);
CREATE INDEX rail_events_due ON rail_events (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX rail_events_of_a_reference ON rail_events (rail, reference);
CREATE INDEX rail_events_not_understood ON rail_events (id) WHERE outcome IN ('unknown_type', 'unknown_reference', 'failed', 'refused')
  AND (outcome <> 'refused' OR type NOT IN ('payment.failed', 'payment.pending'));

GRANT SELECT, INSERT ON payments, payment_references, attempts, attempt_references, disbursements, rail_events TO tranche_app;
GRANT UPDATE ON payments, attempts, disbursements TO tranche_app;
GRANT UPDATE (times, due_at, tries, outcome, note) ON rail_events TO tranche_app;
GRANT UPDATE (order_id, seller_id, payment_id) ON payment_references TO tranche_app;
GRANT SELECT ON payments, payment_references, attempts, attempt_references, disbursements TO tranche_read;
GRANT SELECT (id, rail, event_id, type, reference, received_at, times, due_at, tries, outcome, note) ON rail_events TO tranche_read;
