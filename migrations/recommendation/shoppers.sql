-- Who was met, with the name sealed under the shopper's key. {set} is the generation of the tables.
CREATE TABLE shoppers_{set} (
    -- Log sequence of the introduction; also the order of first meeting.
    sequence INTEGER PRIMARY KEY,
    -- Reference of the shopper.
    shopper BIGINT NOT NULL UNIQUE,
    guest BIGINT NOT NULL,
    -- Sealed, bound to the command.
    personal TEXT NOT NULL,
    command_id BLOB NOT NULL,
    -- Epoch microseconds.
    met_at BIGINT NOT NULL
);
