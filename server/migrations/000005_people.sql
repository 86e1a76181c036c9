-- Pages behind links, the payer's checkout, and messages to people. Tokens are stored hashed.

CREATE TABLE checkouts (
  token_hash text PRIMARY KEY,
  seller_id  bigint NOT NULL,
  order_id   bigint NOT NULL,
  created_at timestamptz(3) NOT NULL,
  FOREIGN KEY (seller_id, order_id) REFERENCES orders (seller_id, id)
);

CREATE TABLE links (
  token_hash    text PRIMARY KEY,
  seller_id     bigint NOT NULL,
  order_id      bigint NOT NULL,
  party         text NOT NULL CONSTRAINT a_link_is_the_buyers_or_the_sellers CHECK (party IN ('buyer', 'seller')),
  -- A link ends with the state it was sent for.
  order_version integer NOT NULL,
  sent_to       text NOT NULL,
  created_at    timestamptz(3) NOT NULL,
  expires_at    timestamptz(3) NOT NULL,
  FOREIGN KEY (seller_id, order_id) REFERENCES orders (seller_id, id)
);

-- A one-time code proves that whoever reads a link also holds the phone. Keyed by the phone, so that nobody's code disturbs another's.
CREATE TABLE codes (
  seller_id  bigint NOT NULL,
  phone      text NOT NULL,
  code_hash  text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  tries      integer NOT NULL DEFAULT 0,
  PRIMARY KEY (seller_id, phone)
);

CREATE TABLE proven_phones (
  seller_id bigint NOT NULL,
  phone     text NOT NULL,
  proven_at timestamptz(3) NOT NULL,
  PRIMARY KEY (seller_id, phone)
);

-- Written in the action's own transaction, sent afterwards by a job; the link inside is minted when it is sent.
CREATE TABLE messages (
  seller_id     bigint NOT NULL,
  id            bigint NOT NULL,
  -- Null: it is about no order, and goes to the address that it names.
  order_id      bigint,
  to_email      text,
  party         text NOT NULL CONSTRAINT a_message_goes_to_a_party CHECK (party IN ('buyer', 'seller', 'service_provider')),
  kind          text NOT NULL,
  order_version integer NOT NULL,
  due_at        timestamptz(3),
  sent_at       timestamptz(3),
  tries         integer NOT NULL DEFAULT 0,
  outcome       text,
  PRIMARY KEY (seller_id, id),
  CONSTRAINT a_message_is_about_an_order_or_goes_to_an_address CHECK ((order_id IS NULL) = (to_email IS NOT NULL))
);
CREATE INDEX messages_due ON messages (due_at) WHERE due_at IS NOT NULL;

-- The sandbox's letter box; empty for ever in a live installation.
CREATE TABLE mailbox (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel text NOT NULL CONSTRAINT a_letter_is_mail_or_sms CHECK (channel IN ('email', 'sms')),
  sent_to text NOT NULL,
  subject text NOT NULL,
  body    text NOT NULL,
  at      timestamptz(3) NOT NULL
);
CREATE INDEX mailbox_of_an_address ON mailbox (sent_to, id);

-- What the operator must look at: never shown to anybody else, never cleared by itself. One row for each matter, which rings again where the matter
-- comes back after it was over.
CREATE TABLE alarms (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text NOT NULL,
  about      text NOT NULL,
  says       text NOT NULL,
  at         timestamptz(3) NOT NULL,
  cleared_at timestamptz(3),
  CONSTRAINT an_alarm_rings_once UNIQUE (kind, about)
);
CREATE INDEX alarms_standing ON alarms (at, id) WHERE cleared_at IS NULL;

GRANT SELECT, INSERT ON checkouts, links, codes, proven_phones, messages, mailbox, alarms TO tranche_app;
GRANT UPDATE ON codes, messages TO tranche_app;
GRANT UPDATE (says, at, cleared_at) ON alarms TO tranche_app;
GRANT DELETE ON links, codes, mailbox TO tranche_app;
GRANT SELECT ON messages, alarms TO tranche_read;
