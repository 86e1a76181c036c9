-- Which dispute of a payment the books have, and what the platform bore of a refund when the buyer's bank took its payment back.

ALTER TABLE payments ADD COLUMN dispute_id text;

ALTER TABLE disbursements ADD COLUMN borne bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT of_a_refund_no_more_is_borne_than_it_was CHECK (borne >= 0 AND borne <= amount);
