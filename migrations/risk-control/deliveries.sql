-- Deliveries of webhooks: no read model, because what was sent cannot be told from the log. Kept in a file of its own.

-- Up to where the log was searched for what subscribers are to be told.
CREATE TABLE IF NOT EXISTS dispatch_cursor (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    -- Log sequence; everything up to here has its deliveries.
    through BIGINT NOT NULL
);
-- One row for each message to each subscription.
CREATE TABLE IF NOT EXISTS deliveries (
    -- Order in the delivery log.
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id TEXT NOT NULL,
    -- The header webhook-id: the same for every attempt.
    message_id TEXT NOT NULL,
    -- Log sequence of what it tells.
    sequence BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    -- 0 waiting, 1 delivered, 2 given up.
    state BIGINT NOT NULL,
    -- Attempts so far, and since the last redelivery was asked for.
    attempts BIGINT NOT NULL,
    attempts_in_a_row BIGINT NOT NULL,
    -- Epoch microseconds on the real clock, as all times of this file.
    created_at BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    last_attempt_at BIGINT,
    -- HTTP status of the last answer, if there was one.
    last_status BIGINT,
    last_error TEXT,
    UNIQUE (webhook_id, sequence)
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (webhook_id, next_attempt_at) WHERE state = 0;
CREATE INDEX IF NOT EXISTS deliveries_by_webhook ON deliveries (webhook_id, number);
