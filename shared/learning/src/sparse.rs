//! Matrices that hold only what is not zero.

mod local_inverse;
mod rows;

pub(crate) use local_inverse::{LocalInverse, SymmetricRows};
pub use rows::SparseRows;
