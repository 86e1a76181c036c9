-- What the rails say reached our balance, held against the books; and where the two do not agree.

CREATE TABLE settlements (
  rail          text NOT NULL,
  settlement_id text NOT NULL,
  currency      text NOT NULL,
  amount        bigint NOT NULL,
  settled_at    timestamptz(3) NOT NULL,
  source        text NOT NULL CONSTRAINT a_settlement_comes_from_somewhere CHECK (source IN ('rail', 'api', 'csv')),
  -- Of what it says, in a fixed form: told again, it must be the same.
  digest        text NOT NULL,
  -- As it came.
  raw           jsonb NOT NULL,
  imported_at   timestamptz(3) NOT NULL,
  PRIMARY KEY (rail, settlement_id)
);
CREATE INDEX settlements_by_time ON settlements (settled_at);

CREATE TABLE settlement_lines (
  rail           text NOT NULL,
  settlement_id  text NOT NULL,
  line_id        text NOT NULL,
  position       integer NOT NULL,
  kind           text NOT NULL CONSTRAINT a_line_is_of_a_known_kind
    CHECK (kind IN ('payment', 'refund', 'payout', 'dispute', 'fee', 'other')),
  reference      text,
  rail_reference text,
  gross          bigint NOT NULL,
  fee            bigint NOT NULL,
  net            bigint NOT NULL,
  at             timestamptz(3) NOT NULL,
  -- `new` has been stored and not been judged yet.
  state          text NOT NULL CONSTRAINT a_line_is_in_a_known_state CHECK (state IN ('new', 'matched', 'explained', 'open', 'closed')),
  -- What it is about, once that is known.
  seller_id      bigint,
  payment_id     bigint,
  attempt_id     bigint,
  -- Why it is explained, open or closed.
  note           text,
  PRIMARY KEY (rail, settlement_id, line_id),
  FOREIGN KEY (rail, settlement_id) REFERENCES settlements (rail, settlement_id)
);
CREATE UNIQUE INDEX a_payment_is_settled_by_one_line ON settlement_lines (seller_id, payment_id) WHERE kind = 'payment' AND state = 'matched';
CREATE UNIQUE INDEX an_attempt_is_matched_by_one_line ON settlement_lines (seller_id, attempt_id) WHERE attempt_id IS NOT NULL AND state = 'matched';
CREATE INDEX lines_of_a_payment ON settlement_lines (seller_id, payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX lines_not_agreed ON settlement_lines (rail) WHERE state IN ('new', 'open');

-- Refunds that one line without a reference adds up from. Each explains one line.
CREATE TABLE explained_refunds (
  seller_id     bigint NOT NULL,
  attempt_id    bigint NOT NULL,
  rail          text NOT NULL,
  settlement_id text NOT NULL,
  line_id       text NOT NULL,
  PRIMARY KEY (seller_id, attempt_id),
  FOREIGN KEY (rail, settlement_id, line_id) REFERENCES settlement_lines (rail, settlement_id, line_id)
);

-- Where rail and books do not agree, from when it was found until it healed or was closed. Rows stay.
CREATE TABLE breaks (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rail          text NOT NULL,
  kind          text NOT NULL CONSTRAINT a_break_is_of_a_known_kind
    CHECK (kind IN ('missing', 'extra', 'wrong_amount', 'wrong_fee', 'wrong_currency', 'twice', 'sum', 'changed', 'unexplained', 'balance')),
  -- What exactly; with rail and kind it names the break, so that it is found once.
  about         text NOT NULL,
  settlement_id text,
  line_id       text,
  seller_id     bigint,
  payment_id    bigint,
  says          text NOT NULL,
  suggestion    text NOT NULL,
  state         text NOT NULL CONSTRAINT a_break_is_in_a_known_state CHECK (state IN ('open', 'healed', 'closed')),
  -- Of one that is over: how, and by whom.
  note          text,
  ended_by      text,
  found_at      timestamptz(3) NOT NULL,
  ended_at      timestamptz(3),
  -- What came, where it was not stored as a settlement.
  raw           jsonb,
  CONSTRAINT a_break_is_found_once UNIQUE (rail, kind, about),
  CONSTRAINT a_break_that_is_over_says_how CHECK ((state = 'open') = (note IS NULL))
);
CREATE INDEX breaks_open ON breaks (id) WHERE state = 'open';
CREATE INDEX breaks_over ON breaks (ended_at, id) WHERE state <> 'open';
CREATE INDEX breaks_of_a_line ON breaks (rail, settlement_id, line_id) WHERE line_id IS NOT NULL;

-- The orders whose money stays while the break is open.
CREATE TABLE break_orders (
  break_id  bigint NOT NULL REFERENCES breaks (id),
  seller_id bigint NOT NULL,
  order_id  bigint NOT NULL,
  PRIMARY KEY (break_id, seller_id, order_id)
);
CREATE INDEX breaks_of_an_order ON break_orders (seller_id, order_id);

-- When each rail was last asked, and what came of it. Whoever moves `asked_at` asks.
CREATE TABLE rail_reconciliations (
  rail     text PRIMARY KEY,
  asked_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  outcome  text
);

-- What each rail said it holds for us, and what the books said at that moment.
CREATE TABLE rail_balances (
  rail      text NOT NULL,
  currency  text NOT NULL,
  available bigint NOT NULL,
  cash      bigint NOT NULL,
  outgoing  bigint NOT NULL,
  unbooked  bigint NOT NULL,
  -- The most that refunds may still be taken off the next settlement.
  deducted  bigint NOT NULL,
  judged    boolean NOT NULL,
  at        timestamptz(3) NOT NULL,
  PRIMARY KEY (rail, currency)
);

-- Balances from which nothing is sent: money is missing there, more than the operator's own could make good.
CREATE TABLE rail_stops (
  rail     text NOT NULL,
  currency text NOT NULL,
  short    bigint NOT NULL CONSTRAINT a_stop_is_for_money_that_is_missing CHECK (short > 0),
  since    timestamptz(3) NOT NULL,
  PRIMARY KEY (rail, currency)
);

-- Payments that a rail should have settled.
CREATE INDEX payments_not_settled ON payments (rail, received_at) WHERE NOT settled AND received_at IS NOT NULL;

GRANT SELECT, INSERT ON settlements, settlement_lines, explained_refunds, breaks, break_orders, rail_reconciliations, rail_balances, rail_stops TO tranche_app;
GRANT UPDATE (state, seller_id, payment_id, attempt_id, note) ON settlement_lines TO tranche_app;
GRANT UPDATE (state, note, ended_by, ended_at, says, suggestion, found_at) ON breaks TO tranche_app;
GRANT UPDATE ON rail_reconciliations, rail_balances TO tranche_app;
GRANT UPDATE (short), DELETE ON rail_stops TO tranche_app;
GRANT SELECT ON settlements, settlement_lines, explained_refunds, breaks, break_orders, rail_reconciliations, rail_balances, rail_stops TO tranche_read;

-- What a rail may have taken off a settlement is looked for among its refunds.
CREATE INDEX attempts_that_refund ON attempts (rail, currency, started_at) WHERE kind = 'refund';
