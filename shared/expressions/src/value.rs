//! What fields hold, and what conditions end in.

/// Value of a field in one record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'record> {
    /// Not known; only where the field is optional.
    Missing,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(&'record str),
}

/// What a condition comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    /// It ordered or calculated with a missing value, or divided an integer by zero, or left the range of integers,
    /// and nothing else decided.
    Unknown,
}

impl Truth {
    pub(crate) fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    /// Whether the condition is fulfilled.
    pub fn holds(self) -> bool {
        self == Self::True
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}
