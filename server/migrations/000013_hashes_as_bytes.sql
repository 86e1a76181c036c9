-- A token's hash is 32 bytes; as text in hex each cost 64 in its row and as many again in its index, six or more times in an order's life.

ALTER TABLE links ALTER COLUMN token_hash TYPE bytea USING decode(token_hash, 'hex');
ALTER TABLE links ADD CONSTRAINT a_links_hash_is_sha256 CHECK (octet_length(token_hash) = 32);
ALTER TABLE checkouts ALTER COLUMN token_hash TYPE bytea USING decode(token_hash, 'hex');
ALTER TABLE checkouts ADD CONSTRAINT a_checkouts_hash_is_sha256 CHECK (octet_length(token_hash) = 32);
