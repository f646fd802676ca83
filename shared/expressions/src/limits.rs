//! Bounds of a condition. What lies beyond is refused when a condition is compiled, never met during evaluation.

/// Longest condition, in bytes of its text.
pub const SOURCE_BYTES_MAX: usize = 1_000;
/// Deepest nesting of operators and parentheses.
pub const DEPTH_MAX: u16 = 32;
/// Most operators, names and constants.
pub const NODES_MAX: usize = 200;
/// Most steps that one evaluation may take; a step is a few nanoseconds.
pub const COST_MAX: u32 = 400;
/// Steps of a search in a text, whose length the application bounds.
pub(crate) const TEXT_SEARCH_COST: u32 = 8;
