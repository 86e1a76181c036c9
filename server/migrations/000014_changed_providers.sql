-- A service provider whose account has changed is a changed payee too: one batch reads only so much of what waits for it.
ALTER TABLE changed_payees ADD COLUMN provider_id bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN changed_payees.provider_id IS 'The seller''s service provider that has changed; 0: the seller itself.';
ALTER TABLE changed_payees DROP CONSTRAINT changed_payees_pkey;
ALTER TABLE changed_payees ADD PRIMARY KEY (seller_id, provider_id);
