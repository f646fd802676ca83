-- Labels that came before their transaction. {set} is the generation of the tables.
CREATE TABLE parked_labels_{set} (
    -- Log sequence of the parking.
    sequence INTEGER PRIMARY KEY,
    transaction_hash BIGINT NOT NULL,
    transaction_id TEXT NOT NULL,
    -- Which change of its partition's parked labels it was.
    change_number BIGINT NOT NULL,
    partition_number BIGINT NOT NULL,
    -- 0 genuine, 1 fraud.
    label BIGINT NOT NULL,
    -- 0 chargeback, 1 customer, 2 analyst.
    source BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    parked_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    -- Identity of the command, to find the answer to a repeated key.
    command_id TEXT NOT NULL,
    -- applied, discarded or replaced; absent while it waits.
    outcome TEXT,
    settled_at BIGINT
);
CREATE INDEX parked_labels_{set}_waiting ON parked_labels_{set} (transaction_hash) WHERE outcome IS NULL;
-- Those that wait, oldest first, however many there were before.
CREATE INDEX parked_labels_{set}_waiting_by_age ON parked_labels_{set} (sequence) WHERE outcome IS NULL;
CREATE INDEX parked_labels_{set}_by_command ON parked_labels_{set} (command_id);
