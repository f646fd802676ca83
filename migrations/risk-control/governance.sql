-- Published models. {set} is the generation of the tables.
CREATE TABLE models_{set} (
    -- SHA-256 of the artefact.
    model TEXT PRIMARY KEY,
    training_rows BIGINT NOT NULL,
    training_frauds BIGINT NOT NULL,
    -- Log sequence up to which the training set was folded.
    trained_through BIGINT NOT NULL,
    training_auc DOUBLE PRECISION,
    -- The model card as JSON; NULL of models that were published before there were cards.
    card TEXT,
    -- 1: scores beside the model that decides.
    in_shadow BIGINT NOT NULL,
    -- Epoch microseconds.
    published_at BIGINT NOT NULL,
    actor TEXT NOT NULL
);
-- Every policy that was ever active.
CREATE TABLE policies_{set} (
    -- Offset of the activation in the control partition: what decisions refer to.
    control_offset INTEGER PRIMARY KEY,
    version BIGINT NOT NULL,
    model TEXT NOT NULL,
    -- Scores from which on a transaction is treated more strictly.
    challenge DOUBLE PRECISION NOT NULL,
    review DOUBLE PRECISION NOT NULL,
    decline DOUBLE PRECISION NOT NULL,
    -- The rules in their order, as JSON.
    rules TEXT NOT NULL,
    activated_at BIGINT NOT NULL,
    actor TEXT NOT NULL
);
-- What each data partition has adopted last.
CREATE TABLE adoptions_{set} (
    partition_number BIGINT PRIMARY KEY,
    control_offset BIGINT NOT NULL,
    adopted_at BIGINT NOT NULL
);
-- Who is on which list.
CREATE TABLE list_entries_{set} (
    -- allow, block or watch.
    list TEXT NOT NULL,
    -- customer, terminal, card or device.
    kind TEXT NOT NULL,
    -- 16 hexadecimal digits of a keyed hash.
    fingerprint TEXT NOT NULL,
    -- By which people recognise it.
    hint TEXT NOT NULL,
    -- Epoch microseconds from which on it does not count; NULL: never.
    expires_at BIGINT,
    comment TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (list, kind, fingerprint)
);
