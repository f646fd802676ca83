//! `accord recommend`: recommendation from the command line.

pub mod evaluate;
pub mod import;
pub mod random;
pub mod serve;
mod source_file;
mod table;
