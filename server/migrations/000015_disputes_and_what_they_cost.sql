-- Which dispute of a payment the books have, and what the platform bore of a refund when the buyer's bank took its payment back.

ALTER TABLE payments ADD COLUMN dispute_id text;

ALTER TABLE disbursements ADD COLUMN borne bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT of_a_refund_no_more_is_borne_than_it_was CHECK (borne >= 0 AND borne <= amount);

-- Until now only the rails' reports had it: that of the last one that was booked.
UPDATE payments p SET dispute_id = (
    SELECT e.parsed->>'disputeId' FROM rail_events e
    WHERE e.rail = p.rail AND e.reference = p.reference AND e.outcome = 'taken_in' AND e.type IN ('payment.dispute_opened', 'payment.dispute_lost')
      AND coalesce(e.parsed->>'railReference', p.rail_reference) IS NOT DISTINCT FROM p.rail_reference
    ORDER BY e.id DESC LIMIT 1)
  WHERE p.state IN ('disputed', 'charged_back');
