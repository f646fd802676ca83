-- One row for each transaction of the bank. {set} is the generation of the tables.
CREATE TABLE transactions_{set} (
    -- Log sequence of the event that brought the transaction; also its order in lists.
    sequence INTEGER PRIMARY KEY,
    -- Hash of transaction_id: a small index instead of a long one.
    transaction_hash BIGINT NOT NULL,
    transaction_id TEXT NOT NULL,
    -- Customer reference; the customer number is only in `personal`.
    customer BIGINT NOT NULL,
    terminal_id TEXT NOT NULL,
    -- Epoch microseconds.
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- 0 approve, 1 challenge, 2 review, 3 decline.
    decision BIGINT NOT NULL,
    -- Probability of fraud; absent for transactions that were imported or decided elsewhere.
    score DOUBLE PRECISION,
    imported BIGINT NOT NULL,
    -- Strongest reason in words, for transactions that were not simply approved.
    reason TEXT,
    -- Personal fields, sealed under the customer's key.
    personal TEXT NOT NULL,
    -- Newest label: 0 genuine, 1 fraud; absent while nobody said.
    label BIGINT,
    -- When that became known, epoch microseconds.
    label_known_at BIGINT
);
-- These three are looked up at random. Each is cut into runs of {run} sequences, so that new rows go to a part that is
-- small enough to stay in memory and dense enough for the rows of a batch to share its pages; without the cut every row
-- would rewrite three pages of its own. Look-ups go from run to run, newest first.
CREATE INDEX transactions_{set}_by_hash ON transactions_{set} ((sequence / {run}), transaction_hash);
CREATE INDEX transactions_{set}_by_customer ON transactions_{set} ((sequence / {run}), customer, sequence);
CREATE INDEX transactions_{set}_by_terminal ON transactions_{set} ((sequence / {run}), terminal_id, sequence);
CREATE INDEX transactions_{set}_strict ON transactions_{set} (decision, sequence) WHERE decision > 0;
CREATE INDEX transactions_{set}_by_label ON transactions_{set} (label, label_known_at) WHERE label IS NOT NULL;
-- Every label that was ever given; a later one corrects an earlier one.
CREATE TABLE transaction_labels_{set} (
    sequence INTEGER PRIMARY KEY,
    -- The labelled transaction's sequence.
    transaction_sequence BIGINT NOT NULL,
    -- 0 genuine, 1 fraud; absent where the label before was withdrawn.
    label BIGINT,
    -- 0 chargeback, 1 customer, 2 analyst.
    source BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    -- Principal who gave it.
    actor TEXT NOT NULL,
    -- Sealed under the customer's key.
    note TEXT,
    -- Identity of the command, to find the answer to a repeated key.
    command_id TEXT NOT NULL
);
CREATE INDEX transaction_labels_{set}_by_command ON transaction_labels_{set} (command_id);
CREATE INDEX transaction_labels_{set}_by_transaction ON transaction_labels_{set} (transaction_sequence);
-- What happened to a transaction after it was decided.
CREATE TABLE transaction_aftermath_{set} (
    sequence INTEGER PRIMARY KEY,
    transaction_sequence BIGINT NOT NULL,
    -- reversed, refunded or challenge_answered.
    kind TEXT NOT NULL,
    -- Of a refund.
    amount_minor BIGINT,
    -- Who took it back, or how the challenge ended.
    detail TEXT,
    happened_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    -- Identity of the command, to find the answer to a repeated key.
    command_id TEXT NOT NULL
);
CREATE INDEX transaction_aftermath_{set}_by_command ON transaction_aftermath_{set} (command_id);
CREATE INDEX transaction_aftermath_{set}_by_transaction ON transaction_aftermath_{set} (transaction_sequence);
