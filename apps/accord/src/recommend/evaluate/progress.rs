//! What is going on, on standard error.

use std::time::Instant;

/// Tells each step with the time since the start.
pub struct Progress {
    start: Instant,
}

impl Progress {
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Says what is done next.
    pub fn say(&self, what: &str) {
        eprintln!("{:>7.1} s  {what}", self.start.elapsed().as_secs_f64());
    }
}
