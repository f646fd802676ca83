-- Every generation of every projection, and how far it has read.
CREATE TABLE IF NOT EXISTS projections (
    -- Name of the projection.
    name TEXT NOT NULL,
    -- Number of this set of tables; their names end in it.
    generation BIGINT NOT NULL,
    -- Shape of the tables; another shape is rebuilt.
    version BIGINT NOT NULL,
    -- Sequence of the last event whose rows are in.
    through BIGINT NOT NULL,
    -- 1 for the generation that queries read.
    live BIGINT NOT NULL,
    -- Why the projection stopped, if it did.
    stopped TEXT,
    PRIMARY KEY (name, generation)
);
-- Entities set aside because an event of theirs could not be projected.
CREATE TABLE IF NOT EXISTS parked_entities (
    projection TEXT NOT NULL,
    generation BIGINT NOT NULL,
    entity_id TEXT NOT NULL,
    -- First event that could not be projected.
    sequence BIGINT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (projection, generation, entity_id)
);
