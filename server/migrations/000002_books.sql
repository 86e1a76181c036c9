-- One book per seller: the row that every writing transaction locks, the journal, and the history of every step.
-- seller_id stands first in every key, so that sellers can be spread over databases later.

CREATE TABLE books (
  seller_id       bigint PRIMARY KEY REFERENCES sellers (id),
  entry_seq       bigint NOT NULL DEFAULT 0,
  posting_seq     bigint NOT NULL DEFAULT 0,
  event_seq       bigint NOT NULL DEFAULT 0,
  chain_head      bytea,
  -- Sandbox: how far this book's clock is ahead.
  clock_offset_ms bigint NOT NULL DEFAULT 0 CONSTRAINT a_clock_only_goes_forward CHECK (clock_offset_ms >= 0)
);

CREATE TABLE accounts (
  seller_id bigint NOT NULL,
  account   text NOT NULL CONSTRAINT an_account_name_has_no_separator CHECK (account ~ '^[a-z0-9_:]+$'),
  currency  text NOT NULL CONSTRAINT a_currency_is_three_letters CHECK (currency ~ '^[A-Z]{3}$'),
  -- Kept only where a decision needs it: the amount owed, for accounts that may never be overdrawn. Others are summed from postings.
  balance   bigint,
  PRIMARY KEY (seller_id, account, currency),
  CONSTRAINT a_kept_balance_never_goes_below_zero CHECK (balance >= 0)
);

CREATE TABLE entries (
  seller_id     bigint NOT NULL,
  seq           bigint NOT NULL,
  cause         text NOT NULL,
  order_id      bigint,
  at            timestamptz(3) NOT NULL,
  -- The order's running digest when this was written: ties the journal to the history of steps.
  order_digest  bytea,
  reverses      bigint,
  PRIMARY KEY (seller_id, seq)
);
CREATE INDEX entries_of_an_order ON entries (seller_id, order_id) WHERE order_id IS NOT NULL;

-- What one batch writes refers to what the same batch wrote or read under the book's lock, and nothing is ever deleted: no foreign keys here, on
-- transitions, messages, notifications and disbursements. The writer's own checks and `verify` take their place (decision record 0026).
CREATE TABLE postings (
  seller_id bigint NOT NULL,
  seq       bigint NOT NULL,
  entry_seq bigint NOT NULL,
  debit     text NOT NULL,
  credit    text NOT NULL,
  amount    bigint NOT NULL,
  currency  text NOT NULL,
  -- Hash of the credit leg; the debit leg's stands between it and the previous posting's and is computed when walking the chain.
  hash      bytea NOT NULL,
  PRIMARY KEY (seller_id, seq),
  CONSTRAINT a_posting_moves_a_positive_amount CHECK (amount > 0 AND amount < 9007199254740992),
  CONSTRAINT a_posting_has_two_accounts CHECK (debit <> credit)
);
CREATE INDEX postings_of_an_entry ON postings (seller_id, entry_seq);

CREATE TABLE transitions (
  seller_id    bigint NOT NULL,
  seq          bigint NOT NULL,
  object       text NOT NULL,
  object_id    bigint NOT NULL,
  version      integer NOT NULL,
  action       text NOT NULL,
  from_state   text NOT NULL,
  to_state     text NOT NULL,
  party        text NOT NULL CONSTRAINT a_party_is_known CHECK (party IN ('buyer', 'seller', 'operator', 'rail', 'clock')),
  actor        text NOT NULL,
  event        text NOT NULL,
  order_id     bigint,
  entry_seq    bigint,
  at           timestamptz(3) NOT NULL,
  note         jsonb,
  command_id   uuid NOT NULL,
  step         smallint NOT NULL,
  -- The remembered answer: only on the first step of a command. Not jsonb, which would give its keys back in another order.
  key          text,
  fingerprint  bytea,
  answer       json,
  PRIMARY KEY (seller_id, seq),
  CONSTRAINT a_thing_has_one_step_per_version UNIQUE (seller_id, object, object_id, version)
);
-- A command's further steps stand or fall with its first.
CREATE UNIQUE INDEX a_command_takes_effect_once ON transitions (seller_id, command_id) WHERE step = 1;
CREATE UNIQUE INDEX a_key_is_used_once ON transitions (seller_id, actor, key) WHERE key IS NOT NULL;
CREATE INDEX steps_of_an_order ON transitions (seller_id, order_id, seq) WHERE order_id IS NOT NULL;

-- Refusals that stick are remembered under their key.
CREATE TABLE refusals (
  seller_id   bigint NOT NULL,
  actor       text NOT NULL,
  key         text NOT NULL,
  fingerprint bytea NOT NULL,
  code        text NOT NULL,
  detail      text NOT NULL,
  facts       json,
  at          timestamptz(3) NOT NULL,
  PRIMARY KEY (seller_id, actor, key)
);

GRANT SELECT, INSERT ON books, accounts, entries, postings, transitions, refusals TO tranche_app;
GRANT UPDATE ON books TO tranche_app;
GRANT UPDATE (balance) ON accounts TO tranche_app;
GRANT SELECT ON books, accounts, entries, postings, transitions, refusals TO tranche_read;
