-- Proposed changes of the policy. {set} is the generation of the tables.
CREATE TABLE policy_drafts_{set} (
    -- Number of the draft, from 1.
    draft INTEGER PRIMARY KEY,
    -- Events of the draft so far: its ETag.
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    -- open, submitted, approved, activated or discarded.
    stage TEXT NOT NULL,
    -- What it would make of the policy, as JSON, and the hash that an approval is bound to.
    candidate TEXT NOT NULL,
    candidate_hash TEXT NOT NULL,
    -- Hash of the back-test that was submitted with it.
    back_test TEXT,
    -- Version of the policy that it became.
    activated BIGINT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
-- Everything that happened to drafts, rules and models, oldest first by sequence.
CREATE TABLE governance_history_{set} (
    sequence INTEGER PRIMARY KEY,
    -- 32 hexadecimal digits.
    command_id TEXT NOT NULL,
    -- policy-draft, rule or model, and its number, id or hash.
    entity_type TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    -- drafted, revised, submitted, approved, rejected, activated, discarded, switched_off, confirmed, refused,
    -- shadow_started, shadow_ended, rolled_back.
    step TEXT NOT NULL,
    person TEXT NOT NULL,
    -- A reason, where there is one.
    detail TEXT,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX governance_history_entity_{set} ON governance_history_{set} (entity_type, entity_id, sequence);
CREATE INDEX governance_history_command_{set} ON governance_history_{set} (command_id);
-- Rules that one person switched off, until a second one has looked at it.
CREATE TABLE switched_off_{set} (
    rule TEXT PRIMARY KEY,
    -- How the rule was before: active or shadow.
    was TEXT NOT NULL,
    reason TEXT NOT NULL,
    person TEXT NOT NULL,
    switched_off_at BIGINT NOT NULL
);
-- The model that one person took off, until a second one has looked at it; one row at most.
CREATE TABLE rolled_back_{set} (
    -- SHA-256 of the model that had decided, and of the one that decides again.
    model TEXT PRIMARY KEY,
    restored TEXT NOT NULL,
    reason TEXT NOT NULL,
    person TEXT NOT NULL,
    rolled_back_at BIGINT NOT NULL
);
