//! `accord recommend`: recommendation from the command line.

pub mod evaluate;
pub mod random;
