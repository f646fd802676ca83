-- Webhook subscriptions. {set} is the generation of the tables.
CREATE TABLE webhook_subscriptions_{set} (
    webhook_id TEXT PRIMARY KEY,
    -- Log sequence of the subscription: what happened before it is not delivered.
    sequence BIGINT NOT NULL,
    -- Names of event types, comma-separated.
    event_types TEXT NOT NULL,
    -- Address and secret, sealed under the subscription's key.
    target TEXT NOT NULL,
    paused BIGINT NOT NULL,
    deleted BIGINT NOT NULL,
    subscribed_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    actor TEXT NOT NULL
);
-- Where in the log there is something that subscribers may be told of.
CREATE TABLE webhook_outbox_{set} (
    sequence INTEGER PRIMARY KEY,
    event_type TEXT NOT NULL,
    -- Identity of the event, which the message carries.
    event_id TEXT NOT NULL
);
