-- Proofs of solvency: the keys that sign them, and what was signed, with its leaves, from which receipts are made.

CREATE TABLE solvency_keys (
  -- Ed25519, 32 bytes in hex.
  public_key         text PRIMARY KEY CONSTRAINT a_signing_key_is_32_bytes CHECK (public_key ~ '^[0-9a-f]{64}$'),
  private_key_sealed text NOT NULL,
  created_at         timestamptz(3) NOT NULL,
  -- Signs no more since then; what it signed stays good.
  retired_at         timestamptz(3)
);
-- Two processes that start at once make one key between them.
CREATE UNIQUE INDEX one_key_signs ON solvency_keys ((retired_at IS NULL)) WHERE retired_at IS NULL;

CREATE TABLE solvency_statements (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at       timestamptz(3) NOT NULL,
  -- As it was signed, byte for byte.
  document text NOT NULL,
  -- Per currency: holder, amount and salt. Whoever has a salt can try whose a leaf is, so the reading role does not see them.
  leaves   jsonb NOT NULL
);

GRANT SELECT, INSERT ON solvency_keys, solvency_statements TO tranche_app;
GRANT UPDATE (retired_at) ON solvency_keys TO tranche_app;
-- Old statements make room: whoever needs one has downloaded it.
GRANT DELETE ON solvency_statements TO tranche_app;
GRANT SELECT (public_key, created_at, retired_at) ON solvency_keys TO tranche_read;
GRANT SELECT (id, at, document) ON solvency_statements TO tranche_read;
