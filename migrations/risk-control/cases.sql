-- One row for each case. {set} is the generation of the tables.
CREATE TABLE cases_{set} (
    -- Log sequence of the alert that opened the case; also its order by age.
    opened_sequence INTEGER PRIMARY KEY,
    -- Customer reference and number.
    case_id TEXT NOT NULL UNIQUE,
    customer BIGINT NOT NULL,
    -- 0 new, 1 assigned, 2 escalated, 3 resolved, 4 expired; below 3 is open.
    state BIGINT NOT NULL,
    -- Waits for a supervisor, also while it is resolved.
    escalated BIGINT NOT NULL,
    -- Principal who works it.
    assignee TEXT,
    -- 0 low, 1 medium, 2 high.
    severity BIGINT NOT NULL,
    alerts BIGINT NOT NULL,
    -- Sums over the alerts in minor units.
    amount_minor BIGINT NOT NULL,
    expected_loss_minor BIGINT NOT NULL,
    -- Epoch microseconds.
    opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    -- Place in the queue, smallest first: opening in millionths of days, less the binary logarithm of the expected
    -- loss in millionths. A case that waits a day moves as far as one of twice the loss.
    rank BIGINT NOT NULL,
    -- Events of the case; its ETag.
    version BIGINT NOT NULL,
    disposition TEXT,
    closed_at BIGINT,
    -- Absent where it expired.
    resolved_by TEXT,
    undo_until BIGINT
);
CREATE INDEX cases_{set}_by_rank ON cases_{set} (rank, opened_sequence) WHERE state < 3;
-- Holds all that the figures of the queue count.
CREATE INDEX cases_{set}_by_due ON cases_{set} (due_at, opened_sequence, state, expected_loss_minor) WHERE state < 3;
CREATE INDEX cases_{set}_by_age ON cases_{set} (opened_sequence) WHERE state < 3;
CREATE INDEX cases_{set}_by_customer ON cases_{set} (customer, opened_sequence);
-- The alerts of all cases.
CREATE TABLE case_alerts_{set} (
    sequence INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL,
    -- Log sequence of the transaction's assessment.
    transaction_sequence BIGINT NOT NULL,
    expected_loss_minor BIGINT NOT NULL,
    raised_at BIGINT NOT NULL
);
CREATE INDEX case_alerts_{set}_by_case ON case_alerts_{set} (case_id);
CREATE INDEX case_alerts_{set}_by_transaction ON case_alerts_{set} (transaction_sequence);
-- What people did with cases, and what became of them.
CREATE TABLE case_history_{set} (
    sequence INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL,
    -- Event type.
    kind TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    assignee TEXT,
    disposition TEXT,
    -- Sealed under the customer's key.
    note TEXT,
    -- Identity of the command, to find the answer to a repeated key and to open the note.
    command_id TEXT NOT NULL
);
CREATE INDEX case_history_{set}_by_case ON case_history_{set} (case_id);
CREATE INDEX case_history_{set}_by_command ON case_history_{set} (command_id);
