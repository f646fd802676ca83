//! System tests: the real binary, real processes, real HTTP.
//!
//! Each file is one promise. `ACCORD_SEED` repeats a random test, `ACCORD_KILLS` makes the kill test longer, and
//! `ACCORD_NO_SKIP=1` turns skipped tests into failures.

#[path = "../disk_faults/mod.rs"]
mod disk_faults;

mod access;
mod acknowledged;
mod aftermath;
mod api_description;
mod bad_http;
mod bad_input;
mod batch;
mod broken_disk;
mod cases;
mod command_line;
mod crate_graph;
mod demo;
mod duplicates;
mod event_time;
mod governance;
mod history;
mod pagination;
mod power_cut;
mod queries;
mod startup_faults;
mod stream;
mod support;
mod webhooks;
