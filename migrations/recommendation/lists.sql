-- Lists that were shown: where in the log each stands. {set} is the generation of the tables.
CREATE TABLE lists_{set} (
    sequence INTEGER PRIMARY KEY,
    -- Under which later events name the list.
    list_id TEXT NOT NULL UNIQUE,
    -- Reference of the shopper.
    shopper BIGINT NOT NULL,
    -- Where in the shop it was shown.
    context TEXT NOT NULL,
    -- Hash of the model; absent before there was one.
    model TEXT,
    places BIGINT NOT NULL,
    -- Epoch microseconds.
    served_at BIGINT NOT NULL
);
