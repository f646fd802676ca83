//! Tests that this machine cannot run.

use std::{
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::disk_faults::{CompileError, DiskFaults};

static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// Says that a test is skipped, and which one it is of this run.
///
/// # Panics
/// With `ACCORD_NO_SKIP=1`, where everything is expected to run.
pub fn skipped(why: &str) {
    let number = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    // Straight to the terminal: what a test that passes prints is hidden, and this must not be.
    let _ = writeln!(std::io::stderr(), "SKIPPED ({number}): {why}");
    assert!(
        std::env::var("ACCORD_NO_SKIP").as_deref() != Ok("1"),
        "SKIPPED is a failure with ACCORD_NO_SKIP=1: {why}"
    );
}

/// The disk that can be broken, or `None` where it cannot be built and the test is skipped.
pub fn disk_faults(folder: &std::path::Path) -> Option<DiskFaults> {
    match DiskFaults::compile(folder) {
        Ok(faults) => Some(faults),
        Err(missing @ CompileError::NoCompiler) => {
            skipped(&missing.to_string());
            None
        }
        Err(refused) => panic!("{refused}"),
    }
}
