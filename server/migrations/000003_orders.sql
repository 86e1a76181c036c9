-- Buyers, payees, projects and orders.

CREATE TABLE buyers (
  seller_id       bigint NOT NULL,
  id              bigint NOT NULL,
  email           text NOT NULL,
  phone           text NOT NULL,
  first_name      text NOT NULL,
  last_name       text NOT NULL,
  created_at      timestamptz(3) NOT NULL,
  PRIMARY KEY (seller_id, id),
  CONSTRAINT a_buyer_is_one_email_and_phone_per_seller UNIQUE (seller_id, email, phone)
);

CREATE TABLE providers (
  seller_id          bigint NOT NULL,
  id                 bigint NOT NULL,
  type               smallint NOT NULL CONSTRAINT a_provider_is_paid_in_naira_or_dollars CHECK (type IN (1, 2)),
  first_name         text NOT NULL,
  last_name          text NOT NULL,
  email              text NOT NULL,
  phone              text NOT NULL,
  details            jsonb NOT NULL,
  state              text NOT NULL CONSTRAINT a_provider_is_active_or_removed CHECK (state IN ('active', 'removed')),
  version            integer NOT NULL,
  details_changed_at timestamptz(3) NOT NULL,
  created_at         timestamptz(3) NOT NULL,
  updated_at         timestamptz(3) NOT NULL,
  PRIMARY KEY (seller_id, id)
);

CREATE TABLE projects (
  seller_id   bigint NOT NULL,
  id          bigint NOT NULL,
  buyer_id    bigint NOT NULL,
  name        text NOT NULL,
  description text NOT NULL,
  started_by  text CONSTRAINT a_project_is_started_by_a_party CHECK (started_by IN ('buyer', 'seller')),
  state       text NOT NULL CONSTRAINT a_project_is_open_or_closed CHECK (state IN ('open', 'closed')),
  version     integer NOT NULL,
  created_at  timestamptz(3) NOT NULL,
  updated_at  timestamptz(3) NOT NULL,
  PRIMARY KEY (seller_id, id),
  FOREIGN KEY (seller_id, buyer_id) REFERENCES buyers (seller_id, id)
);

CREATE TABLE orders (
  seller_id           bigint NOT NULL,
  id                  bigint NOT NULL,
  type                smallint NOT NULL CONSTRAINT an_order_is_from_a_shop_or_between_persons CHECK (type IN (1, 2)),
  project_id          bigint,
  position            integer,
  buyer_id            bigint NOT NULL,
  shop_order_id       text NOT NULL,
  agreed_beforehand   boolean NOT NULL,
  written_by          text NOT NULL,
  currency            text NOT NULL,
  book_currency       text NOT NULL,
  amount_fx           bigint,
  conversion_ratio    numeric,
  product_cost        bigint NOT NULL,
  escrow_fee          bigint NOT NULL,
  escrow_fee_of_buyer bigint NOT NULL,
  rail_fee            bigint NOT NULL,
  amount              bigint NOT NULL,
  net                 bigint NOT NULL,
  lost                bigint NOT NULL,
  charged_back        bigint NOT NULL,
  provider_id         bigint,
  share               integer CONSTRAINT a_share_is_a_percentage CHECK (share BETWEEN 0 AND 10000),
  operator_id         bigint,
  rail                text NOT NULL,
  terms               jsonb NOT NULL,
  details             jsonb NOT NULL,
  redeliveries        integer NOT NULL,
  -- Who the payer said they are, on our page, with the payment that funded the order: only these ever get a link.
  contact_email       text,
  contact_phone       text,
  created_at          timestamptz(3) NOT NULL,
  -- From here on what most steps change: last, so that the log of an update need not repeat what stands before it.
  state               text NOT NULL,
  version             integer NOT NULL,
  -- The version in which it entered its state: links end with the state, not with every step.
  state_version       integer NOT NULL,
  last_action         text NOT NULL,
  last_party          text NOT NULL,
  reason              text,
  comment             text,
  ending              jsonb,
  agree_by            timestamptz(3),
  pay_by              timestamptz(3),
  free_cancel_until   timestamptz(3),
  deliver_by          timestamptz(3),
  respond_by          timestamptz(3),
  accept_by           timestamptz(3),
  return_by           timestamptz(3),
  escalate_by         timestamptz(3),
  rule_by             timestamptz(3),
  due_at              timestamptz(3),
  updated_at          timestamptz(3) NOT NULL,
  funded_at           timestamptz(3),
  delivered_at        timestamptz(3),
  ended_at            timestamptz(3),
  discharged_at       timestamptz(3),
  digest              bytea NOT NULL,
  PRIMARY KEY (seller_id, id),
  FOREIGN KEY (seller_id, project_id) REFERENCES projects (seller_id, id),
  FOREIGN KEY (seller_id, buyer_id) REFERENCES buyers (seller_id, id),
  FOREIGN KEY (seller_id, provider_id) REFERENCES providers (seller_id, id),
  CONSTRAINT amounts_are_whole_and_in_range CHECK (product_cost > 0 AND amount > 0 AND net > 0 AND amount < 9007199254740992),
  CONSTRAINT what_is_paid_is_what_the_parties_and_the_fees_get CHECK (amount = net + escrow_fee + rail_fee),
  CONSTRAINT at_most_two_deliveries CHECK (redeliveries BETWEEN 0 AND 1),
  CONSTRAINT a_milestone_has_a_position CHECK ((project_id IS NULL) = (position IS NULL))
)
-- Room on the page for the next version of a row.
WITH (fillfactor = 70);
CREATE UNIQUE INDEX a_project_has_one_live_milestone ON orders (seller_id, project_id)
  WHERE project_id IS NOT NULL AND state NOT IN ('proposed', 'agreed', 'expired') AND discharged_at IS NULL;
CREATE UNIQUE INDEX a_position_is_taken_once ON orders (seller_id, project_id, position)
  WHERE project_id IS NOT NULL AND state <> 'expired';
CREATE INDEX orders_by_shop_number ON orders (seller_id, shop_order_id, id);
CREATE INDEX orders_of_a_project ON orders (seller_id, project_id, position) WHERE project_id IS NOT NULL;
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;

-- A marketplace operator reads the orders of its associated sellers; each lives in its own seller's book.
CREATE TABLE operator_orders (
  operator_id bigint NOT NULL REFERENCES sellers (id),
  order_id    bigint NOT NULL,
  seller_id   bigint NOT NULL,
  PRIMARY KEY (operator_id, order_id)
);

CREATE TABLE offers (
  seller_id  bigint NOT NULL,
  id         bigint NOT NULL,
  order_id   bigint NOT NULL,
  kind       text NOT NULL CONSTRAINT an_offer_is_of_a_known_kind CHECK (kind IN ('redelivery', 'split', 'ruling')),
  party      text NOT NULL,
  party_name text NOT NULL,
  buyer_gets bigint,
  state      text NOT NULL,
  version    integer NOT NULL,
  made_at    timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  PRIMARY KEY (seller_id, id),
  FOREIGN KEY (seller_id, order_id) REFERENCES orders (seller_id, id)
);
CREATE UNIQUE INDEX an_order_has_one_open_offer ON offers (seller_id, order_id) WHERE state = 'open';
CREATE INDEX offers_due ON offers (expires_at) WHERE state = 'open';

CREATE TABLE holds (
  seller_id  bigint NOT NULL,
  id         bigint NOT NULL,
  reason     text NOT NULL CONSTRAINT a_hold_has_a_known_reason
    CHECK (reason IN ('chargeback', 'identity', 'cooling_off', 'ruling', 'buyer_objection', 'self_dealing', 'operator', 'reconciliation')),
  scope      text NOT NULL CONSTRAINT a_hold_has_a_known_scope CHECK (scope IN ('order', 'project', 'payee', 'seller')),
  order_id   bigint,
  project_id bigint,
  payee_kind text,
  payee_id   bigint,
  note       text NOT NULL,
  state      text NOT NULL,
  version    integer NOT NULL,
  placed_at  timestamptz(3) NOT NULL,
  lifts_at   timestamptz(3),
  lifted_at  timestamptz(3),
  PRIMARY KEY (seller_id, id)
);
CREATE INDEX holds_standing ON holds (seller_id) WHERE state = 'standing';
CREATE INDEX holds_due ON holds (lifts_at) WHERE state = 'standing' AND lifts_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON buyers, providers, projects, orders, offers, holds TO tranche_app;
GRANT SELECT, INSERT ON operator_orders TO tranche_app;
GRANT SELECT ON buyers, providers, projects, orders, operator_orders, offers, holds TO tranche_read;
