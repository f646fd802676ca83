//! What random streams are used for.

/// What a stream is used for. The numbers are part of every simulated byte: never renumber.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Product = 1,
    Assortment = 2,
    Item = 3,
    Taste = 4,
    Project = 5,
    Arrivals = 6,
    Visit = 7,
    Guest = 8,
    Trend = 9,
    Sets = 10,
}

impl From<Purpose> for u64 {
    fn from(purpose: Purpose) -> Self {
        purpose as Self
    }
}
