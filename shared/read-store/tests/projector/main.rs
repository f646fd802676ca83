//! The projector over a real log and a real store that fails now and then.

mod balances;
mod failures;
#[path = "../../../event-log/tests/support/mod.rs"]
mod support;
