//! A line on standard error that says how far an import is.

use std::{
    io::{IsTerminal, Write, stderr},
    time::{Duration, Instant},
};

use crate::recommend::source_file::Extent;

const WIDTH: usize = 24;
/// Between two drawings on a terminal, and between two lines in a file.
const TERMINAL_EVERY: Duration = Duration::from_millis(200);
const FILE_EVERY: Duration = Duration::from_secs(10);

/// Draws over itself on a terminal, and writes a line now and then elsewhere.
pub struct ProgressBar {
    what: &'static str,
    extent: Extent,
    begun: Instant,
    drawn: Instant,
    on_terminal: bool,
}

impl ProgressBar {
    /// `what` names what is counted, in the plural.
    pub fn new(what: &'static str, extent: Extent) -> Self {
        let now = Instant::now();
        Self {
            what,
            extent,
            begun: now,
            drawn: now,
            on_terminal: stderr().is_terminal(),
        }
    }

    /// Draws again if it is time to.
    pub fn show(&mut self, count: u64) {
        let every = if self.on_terminal {
            TERMINAL_EVERY
        } else {
            FILE_EVERY
        };
        if self.drawn.elapsed() >= every {
            self.drawn = Instant::now();
            self.draw(count);
        }
    }

    /// Draws for the last time and ends the line.
    pub fn finish(&self, count: u64) {
        self.draw(count);
        if self.on_terminal {
            eprintln!();
        }
    }

    fn draw(&self, count: u64) {
        let line = line(
            self.extent.share(),
            count,
            self.what,
            self.begun.elapsed().as_secs_f64(),
        );
        if self.on_terminal {
            eprint!("\r{line}");
            // A bar that cannot be shown is no reason to stop.
            let _ = stderr().flush();
        } else {
            eprintln!("{line}");
        }
    }
}

fn line(share: f64, count: u64, what: &str, seconds: f64) -> String {
    let filled = (share * WIDTH as f64) as usize;
    let rate = if seconds > 0.0 {
        count as f64 / seconds
    } else {
        0.0
    };
    format!(
        "[{}{}] {:>3.0} %  {count} {what}, {rate:.0} a second",
        "=".repeat(filled),
        " ".repeat(WIDTH - filled),
        share * 100.0,
    )
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_bar_fills_with_the_share_of_the_file() {
        for (share, expected) in [
            (
                0.0,
                "[                        ]   0 %  0 events, 0 a second",
            ),
            (
                0.5,
                "[============            ]  50 %  900 events, 300 a second",
            ),
            (
                1.0,
                "[========================] 100 %  1800 events, 600 a second",
            ),
        ] {
            let count = (share * 1_800.0) as u64;
            assert_eq!(
                line(share, count, "events", if share > 0.0 { 3.0 } else { 0.0 }),
                expected
            );
        }
    }
}
