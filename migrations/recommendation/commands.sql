-- Commands that came with an identity, so that a repetition is found however old it is. {set} is the generation.
CREATE TABLE keyed_commands_{set} (
    -- The command's identity, 16 bytes.
    command_id BLOB PRIMARY KEY,
    -- Log sequence of its first event.
    sequence BIGINT NOT NULL
) WITHOUT ROWID;
