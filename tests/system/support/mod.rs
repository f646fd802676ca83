//! What the system tests stand on: processes of the real binary, HTTP by hand, and looks at what they leave on the disk.

pub mod bank;
pub mod binary;
pub mod database;
pub mod events;
pub mod folder;
pub mod http;
pub mod ledger;
pub mod load;
pub mod log_tool;
pub mod purchase;
pub mod random;
pub mod read_models;
pub mod skip;

pub use bank::TestBank;
pub use http::{Answer, Caller};
pub use purchase::Purchase;
pub use random::Random;

use std::time::{Duration, Instant};

/// Far longer than anything takes, so that a slow machine fails no test.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again and again until there is an answer.
///
/// # Panics
/// If there is none for a very long time; says what was waited for.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}
