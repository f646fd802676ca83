-- One row for each order. {set} is the generation of the tables.
CREATE TABLE orders_{set} (
    -- Log sequence of its placing; also its order by age.
    sequence INTEGER PRIMARY KEY,
    -- The merchant's own id. Used again only after the order was let go.
    order_id TEXT NOT NULL UNIQUE,
    -- Reference of the shopper.
    shopper BIGINT NOT NULL,
    -- placed, paid, shipped, cancelled, returned.
    status TEXT NOT NULL,
    -- The lines, as JSON.
    lines TEXT NOT NULL,
    -- Sum of the lines in minor units.
    total_minor BIGINT NOT NULL,
    -- Epoch microseconds.
    placed_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- The list that led to it.
    list_id TEXT
);
CREATE INDEX orders_{set}_by_status ON orders_{set} (status, sequence);
CREATE INDEX orders_{set}_by_shopper ON orders_{set} (shopper, sequence);
