//! What is wrong with a condition, and where.

use serde::Serialize;

/// One fault, for the person who writes the condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Fault {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// A sentence without a full stop.
    pub message: String,
}
