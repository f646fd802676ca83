//! The pure runtime, as specifications: what one batch of commands leads to.

mod adoption;
mod answers;
mod batches;
mod consultation;
#[path = "../support/mod.rs"]
mod support;
