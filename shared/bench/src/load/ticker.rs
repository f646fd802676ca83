//! A thread that wakes the open loop when the next request is due.
//!
//! Tokio's timer rounds up to whole milliseconds, which is longer than many answers take: paced by
//! it, requests leave in bursts of up to a millisecond's worth and every latency carries half a
//! millisecond of the generator's own making. A sleeping thread is woken by the kernel within about
//! 60 µs, so one thread sleeps until the next intended time and wakes the generator. Measured on two
//! cores against the echo ceiling, median (p99) time from intended to sent, in µs:
//!
//! | arrivals/s | Tokio's timer | this thread |
//! |-----------:|--------------:|------------:|
//! |      2,000 |   697 (2,049) |    85 (104) |
//! |      5,000 |   636 (2,028) |     59 (68) |
//! |     20,000 |   366 (1,067) |    37 (300) |
//!
//! Waking costs processor time (10 to 30 µs for each request that comes alone), so there are at most
//! [`TICKS_PER_SECOND_MAX`]; above that rate all requests that have become due leave together. In
//! between, every connection that gets its answer also looks whether something is due, so that under
//! load pacing is finer than the ticks. What lateness remains is part of the latency, which counts
//! from the intended time, and is reported as waiting.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle, park_timeout};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::process::thread_processor_time;

use super::schedule::Schedule;

const TICKS_PER_SECOND_MAX: u32 = 5_000;

/// Ticks from now until every request of the schedule is due, or until it is dropped.
#[derive(Debug)]
pub(super) struct Ticker {
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<Option<Duration>>>,
}

impl Ticker {
    /// Notifies `tick` whenever requests of `schedule`, which begins at `start`, have become due.
    pub(super) fn start(schedule: Schedule, start: Instant, tick: Arc<Notify>) -> io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let thread = Builder::new()
            .name("bench-ticker".to_owned())
            .spawn(move || {
                tick_while_due(schedule, start, &tick, &stop);
                thread_processor_time().ok()
            })?;
        Ok(Self {
            stopped,
            thread: Some(thread),
        })
    }

    /// Stops ticking and tells how much processor time it took, where the kernel knows.
    pub(super) fn stop(mut self) -> Option<Duration> {
        self.end()
    }

    fn end(&mut self) -> Option<Duration> {
        let thread = self.thread.take()?;
        self.stopped.store(true, Ordering::Release);
        thread.thread().unpark();
        // It has no way to panic; if it did, its processor time would be all that is lost.
        thread.join().ok().flatten()
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.end();
    }
}

fn tick_while_due(schedule: Schedule, start: Instant, tick: &Notify, stopped: &AtomicBool) {
    let shortest = Duration::from_secs(1) / TICKS_PER_SECOND_MAX;
    let mut next_tick = start;
    while !stopped.load(Ordering::Acquire) {
        let now = Instant::now();
        if now < next_tick {
            // May return early, for no reason at all; then the loop comes round again.
            park_timeout(next_tick - now);
            continue;
        }
        tick.notify_one();
        let due = schedule.due(now.saturating_duration_since(start));
        if due == schedule.total() {
            return;
        }
        // Counted from when this tick should have been, so that being woken late does not add up.
        next_tick = (start + schedule.intended(due)).max(next_tick + shortest);
    }
}
