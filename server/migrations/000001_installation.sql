-- What this installation is, who may sign in, and the small directory tables that find a seller from a secret or a reference.
-- Times are kept to the millisecond, because they travel through JavaScript and must come back equal.

CREATE TABLE installation (
  one        boolean PRIMARY KEY DEFAULT true CONSTRAINT there_is_one_installation CHECK (one),
  mode       text NOT NULL CONSTRAINT mode_is_sandbox_or_live CHECK (mode IN ('sandbox', 'live')),
  created_at timestamptz(3) NOT NULL,
  -- Written every few seconds while a server runs: the gap before a start is the outage.
  alive_at   timestamptz(3) NOT NULL,
  -- When the books' heads were last mailed to the operators.
  heads_mailed_at timestamptz(3)
);

CREATE TABLE outages (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  from_at timestamptz(3) NOT NULL,
  to_at   timestamptz(3) NOT NULL,
  CONSTRAINT an_outage_ends_after_it_began CHECK (to_at > from_at)
);

CREATE SEQUENCE seller_ids START 101;
CREATE SEQUENCE order_ids START 3001;
CREATE SEQUENCE project_ids START 1;
CREATE SEQUENCE thing_ids START 1;

CREATE TABLE sellers (
  id                   bigint PRIMARY KEY,
  role                 text NOT NULL CONSTRAINT role_is_known CHECK (role IN ('individual', 'business', 'marketplace_operator', 'house')),
  state                text NOT NULL CONSTRAINT a_seller_is_active CHECK (state IN ('active')),
  version              integer NOT NULL,
  email                text NOT NULL,
  phone                text NOT NULL,
  first_name           text NOT NULL,
  last_name            text NOT NULL,
  business_name        text,
  password_hash        text,
  callback_url         text,
  callback_format      text NOT NULL CONSTRAINT callback_format_is_known CHECK (callback_format IN ('auto', 'json', 'multipart')),
  callback_token       text NOT NULL CONSTRAINT callback_token_is_known CHECK (callback_token IN ('documented', 'hmac')),
  unsigned_checkout    text NOT NULL CONSTRAINT unsigned_checkout_is_known CHECK (unsigned_checkout IN ('allow', 'refuse')),
  -- The largest share an unsigned form may give a provider, in hundredths of a percent.
  provider_share_limit integer NOT NULL CONSTRAINT share_limit_is_a_percentage CHECK (provider_share_limit BETWEEN 0 AND 10000),
  origins              text[] NOT NULL,
  terms                jsonb NOT NULL,
  bank                 jsonb,
  bank_changed_at      timestamptz(3),
  identity_verified_at timestamptz(3),
  created_at           timestamptz(3) NOT NULL,
  updated_at           timestamptz(3) NOT NULL
);
CREATE UNIQUE INDEX an_email_signs_in_one_seller ON sellers (lower(email)) WHERE role <> 'house';
CREATE UNIQUE INDEX a_phone_names_one_seller ON sellers (phone) WHERE role <> 'house';

CREATE TABLE api_keys (
  public_key         text PRIMARY KEY,
  seller_id          bigint NOT NULL REFERENCES sellers (id),
  -- The wire's security token needs the private key in the clear, so it is sealed (AES-256-GCM), not hashed.
  private_key_sealed text NOT NULL,
  created_at         timestamptz(3) NOT NULL,
  valid_until        timestamptz(3),
  last_used_at       timestamptz(3)
);
CREATE INDEX keys_of_a_seller ON api_keys (seller_id);

CREATE TABLE associations (
  operator_id bigint NOT NULL REFERENCES sellers (id),
  seller_id   bigint NOT NULL REFERENCES sellers (id),
  state       text NOT NULL CONSTRAINT association_is_invited_or_confirmed CHECK (state IN ('invited', 'confirmed')),
  created_at  timestamptz(3) NOT NULL,
  PRIMARY KEY (operator_id, seller_id),
  CONSTRAINT an_operator_is_not_its_own_seller CHECK (operator_id <> seller_id)
);
CREATE INDEX operators_of_a_seller ON associations (seller_id);

-- A payee whose account or identity has changed: what waits for it, in whichever book, is looked at again, and then the row goes.
CREATE TABLE changed_payees (
  seller_id bigint PRIMARY KEY REFERENCES sellers (id),
  -- Which change of the seller it was: a later one is not lost with an earlier one's row.
  version   integer NOT NULL
);

CREATE TABLE operators (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email         text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  created_at    timestamptz(3) NOT NULL
);

CREATE TABLE sessions (
  token_hash text PRIMARY KEY,
  kind       text NOT NULL CONSTRAINT a_session_is_a_sellers_or_an_operators CHECK (kind IN ('seller', 'operator')),
  subject_id bigint NOT NULL,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Append-only and directory tables get no UPDATE or DELETE; each migration grants what its tables need.
GRANT SELECT, INSERT ON installation, outages, sellers, api_keys, associations, changed_payees, operators, sessions TO tranche_app;
GRANT UPDATE (alive_at, heads_mailed_at) ON installation TO tranche_app;
GRANT UPDATE ON sellers, associations TO tranche_app;
GRANT UPDATE (version), DELETE ON changed_payees TO tranche_app;
GRANT UPDATE (valid_until, last_used_at) ON api_keys TO tranche_app;
GRANT UPDATE (password_hash) ON operators TO tranche_app;
GRANT UPDATE (expires_at), DELETE ON sessions TO tranche_app;
GRANT USAGE ON SEQUENCE seller_ids, order_ids, project_ids, thing_ids TO tranche_app;
GRANT SELECT ON installation, outages, associations, changed_payees TO tranche_read;
-- The reading role sees no password hash and no sealed key.
GRANT SELECT (id, role, state, version, email, phone, first_name, last_name, business_name, callback_format, unsigned_checkout,
  provider_share_limit, origins, terms, bank_changed_at, identity_verified_at, created_at, updated_at) ON sellers TO tranche_read;
