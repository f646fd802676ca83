-- Decisions in quarters of an hour of event time. {set} is the generation of the tables.
CREATE TABLE activity_{set} (
    -- Start of the interval in epoch microseconds.
    interval_start BIGINT NOT NULL,
    -- 0 approve, 1 challenge, 2 review, 3 decline.
    decision BIGINT NOT NULL,
    transactions BIGINT NOT NULL,
    -- Sum in minor units.
    amount_sum BIGINT NOT NULL,
    PRIMARY KEY (interval_start, decision)
);
-- Score histogram by interval.
CREATE TABLE activity_scores_{set} (
    interval_start BIGINT NOT NULL,
    bin BIGINT NOT NULL,
    transactions BIGINT NOT NULL,
    PRIMARY KEY (interval_start, bin)
);
