-- What a seller's shop is told over HTTP: written with the step it tells of, sent afterwards by a job.

CREATE TABLE notifications (
  seller_id      bigint NOT NULL,
  id             bigint NOT NULL,
  -- The step that is told: the event itself.
  transition_seq bigint NOT NULL,
  order_id       bigint NOT NULL,
  -- Whose address and keys: the seller's, or the marketplace operator's whose shop took the order.
  receiver_id    bigint NOT NULL,
  envelope       text NOT NULL CONSTRAINT an_envelope_is_one_that_clients_know CHECK (envelope IN
    ('Delivered', 'Accepted', 'Rejected', 'Refunded', 'Canceled', 'Complete', 'Pending II', 'Dispute', 'Disputed')),
  message        text NOT NULL,
  -- The order's state after the step, whatever became of it since.
  to_state       text NOT NULL,
  state          text NOT NULL DEFAULT 'queued' CONSTRAINT a_notification_is_in_a_known_state
    CHECK (state IN ('queued', 'delivered', 'failed', 'dropped')),
  -- Travels as the header webhook-id, the same in every try.
  webhook_id     uuid NOT NULL DEFAULT gen_random_uuid(),
  -- Chosen at the first try and kept, so that every further one sends the same bytes. The body has no token in it.
  format         text CONSTRAINT a_notification_is_json_or_multipart CHECK (format IN ('json', 'multipart')),
  body           text,
  public_key     text,
  created_at     timestamptz(3) NOT NULL,
  due_at         timestamptz(3),
  -- Real time: a process that sends it keeps others off until then.
  leased_until   timestamptz(3),
  tries          integer NOT NULL DEFAULT 0,
  concluded_at   timestamptz(3),
  PRIMARY KEY (seller_id, id),
  CONSTRAINT a_step_is_told_once UNIQUE (seller_id, transition_seq),
  CONSTRAINT what_is_queued_is_due CHECK ((state = 'queued') = (due_at IS NOT NULL)),
  CONSTRAINT a_body_has_a_format CHECK ((body IS NULL) = (format IS NULL))
);
CREATE INDEX notifications_of_an_order ON notifications (seller_id, order_id, transition_seq);
CREATE INDEX notifications_due ON notifications (receiver_id, due_at) WHERE state = 'queued';
-- The first of an order that is not concluded: the others wait behind it.
CREATE INDEX notifications_waiting ON notifications (seller_id, order_id, transition_seq) WHERE state = 'queued';
CREATE INDEX notifications_under_way ON notifications (receiver_id, leased_until) WHERE leased_until IS NOT NULL;

CREATE TABLE notification_attempts (
  seller_id       bigint NOT NULL,
  notification_id bigint NOT NULL,
  number          integer NOT NULL,
  at              timestamptz(3) NOT NULL,
  duration_ms     integer NOT NULL,
  http_status     integer,
  error           text,
  -- The beginning of what the receiver answered.
  answer          text CONSTRAINT an_answer_is_kept_in_part CHECK (octet_length(answer) <= 1024),
  PRIMARY KEY (seller_id, notification_id, number),
  FOREIGN KEY (seller_id, notification_id) REFERENCES notifications (seller_id, id),
  CONSTRAINT an_attempt_was_answered_or_failed CHECK ((http_status IS NULL) <> (error IS NULL))
);

GRANT SELECT, INSERT ON notifications, notification_attempts TO tranche_app;
GRANT UPDATE (state, format, body, public_key, due_at, leased_until, tries, concluded_at) ON notifications TO tranche_app;
GRANT SELECT ON notifications, notification_attempts TO tranche_read;
