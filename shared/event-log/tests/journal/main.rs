//! The embedded journal on a real disk: what is appended is read, whatever the segments, and nothing damaged passes.

mod damage;
mod opening;
mod outcomes;
mod reading;
mod sealing;
#[path = "../support/mod.rs"]
mod support;
mod verification;
