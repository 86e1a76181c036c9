-- Lists that an operator reads and sweeps, each of which had read a growing table from end to end. All but the first hold only the few rows they
-- are for, and name no column that changes with every step.

CREATE INDEX links_by_end ON links (expires_at);

CREATE INDEX orders_disputed ON orders (updated_at) WHERE state = 'disputed';

CREATE INDEX payments_unapplied ON payments (id) WHERE unapplied > 0;

CREATE INDEX receivables ON accounts (seller_id) WHERE account LIKE 'seller:%:receivable';
