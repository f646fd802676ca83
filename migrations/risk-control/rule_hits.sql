-- Transactions that fulfilled a rule, by day of event time. {set} is the generation of the tables.
CREATE TABLE rule_hits_{set} (
    rule TEXT NOT NULL,
    rule_version BIGINT NOT NULL,
    -- 1: the rule was in shadow, and decided nothing.
    shadow BIGINT NOT NULL,
    -- Start of the day in epoch microseconds.
    day BIGINT NOT NULL,
    hits BIGINT NOT NULL,
    -- Sum in minor units.
    amount_sum BIGINT NOT NULL,
    PRIMARY KEY (rule, rule_version, shadow, day)
);
