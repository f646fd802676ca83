//! System tests: the real binary, real processes, real HTTP.
//!
//! Each file is one promise. `ACCORD_SEED` repeats a random test, `ACCORD_KILLS` makes the kill test longer, and
//! `ACCORD_NO_SKIP=1` turns skipped tests into failures.

#[path = "../disk_faults/mod.rs"]
mod disk_faults;

mod acknowledged;
mod support;
