//! The clock of a node: real, faster than real, or set by hand.
//!
//! All times are microseconds since the Unix epoch. The demo's clock runs a day a minute (a speed
//! of 1,440), so that late labels and daily exchanges happen while people watch; everything that
//! asks for the time asks this clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// A source of time. Cheap to clone; clones share the same time.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    System {
        latest_us: AtomicI64,
    },
    Scaled {
        began: Instant,
        start_us: i64,
        speed_millionths: u64,
    },
    Manual {
        now: watch::Sender<i64>,
    },
}

/// One day a minute.
pub const DAY_A_MINUTE: f64 = 1_440.0;

const MILLIONTHS: u64 = 1_000_000;

impl Clock {
    /// The computer's clock, except that it never runs backwards while the process lives.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(Source::System {
            latest_us: AtomicI64::new(i64::MIN),
        }))
    }

    /// A clock that shows `start_us` now and runs `speed` times as fast as real time; it is not
    /// disturbed by corrections of the computer's clock.
    ///
    /// # Panics
    /// If the speed is not between one millionth and a million: a mistake in the configuration
    /// that its check should have found.
    #[must_use]
    pub fn scaled(start_us: i64, speed: f64) -> Self {
        assert!(
            (1e-6..=1e6).contains(&speed),
            "a clock cannot run at speed {speed}"
        );
        let speed_millionths = (speed * MILLIONTHS as f64).round() as u64;
        Self(Arc::new(Source::Scaled {
            began: Instant::now(),
            start_us,
            speed_millionths,
        }))
    }

    /// A clock for tests that stands at `start_us` until it is moved.
    #[must_use]
    pub fn manual(start_us: i64) -> Self {
        Self(Arc::new(Source::Manual {
            now: watch::Sender::new(start_us),
        }))
    }

    /// The time now, in microseconds since the Unix epoch. Never less than what it was before.
    #[must_use]
    pub fn now_us(&self) -> i64 {
        match &*self.0 {
            Source::System { latest_us } => {
                let now_us = system_us();
                latest_us.fetch_max(now_us, Ordering::Relaxed).max(now_us)
            }
            Source::Scaled {
                began,
                start_us,
                speed_millionths,
            } => start_us.saturating_add(scaled_us(began.elapsed(), *speed_millionths)),
            Source::Manual { now } => *now.borrow(),
        }
    }

    /// How many times faster than real time the clock runs; a manual clock counts as real time.
    #[must_use]
    pub fn speed(&self) -> f64 {
        match &*self.0 {
            Source::Scaled {
                speed_millionths, ..
            } => *speed_millionths as f64 / MILLIONTHS as f64,
            Source::System { .. } | Source::Manual { .. } => 1.0,
        }
    }

    /// How long it takes in real time until the clock shows `target_us`; zero if it already does.
    #[must_use]
    pub fn real_duration_until(&self, target_us: i64) -> Duration {
        let ahead_us = target_us
            .saturating_sub(self.now_us())
            .max(0)
            .unsigned_abs();
        match &*self.0 {
            Source::Scaled {
                speed_millionths, ..
            } => real_duration(ahead_us, *speed_millionths),
            Source::System { .. } | Source::Manual { .. } => Duration::from_micros(ahead_us),
        }
    }

    /// Waits until the clock shows `target_us`; with a manual clock, until someone moves it there.
    pub async fn sleep_until(&self, target_us: i64) {
        if let Source::Manual { now } = &*self.0 {
            // The sender lives as long as this clock, so waiting ends only by reaching the time.
            let _ = now
                .subscribe()
                .wait_for(|now_us| *now_us >= target_us)
                .await;
            return;
        }
        while self.now_us() < target_us {
            tokio::time::sleep(self.real_duration_until(target_us)).await;
        }
    }

    /// Moves a manual clock forward.
    ///
    /// # Panics
    /// If the clock is not a manual one, or the amount is negative: time does not go back.
    pub fn advance_us(&self, amount_us: i64) {
        let Source::Manual { now } = &*self.0 else {
            panic!("only a manual clock can be moved");
        };
        assert!(
            amount_us >= 0,
            "a clock cannot be moved back by {amount_us} µs"
        );
        now.send_modify(|now_us| *now_us += amount_us);
    }
}

/// The computer's time; zero if it is set before 1970.
fn system_us() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX)
}

/// Integer arithmetic: with floating point, a clock that runs fast would lose microseconds.
fn scaled_us(elapsed: Duration, speed_millionths: u64) -> i64 {
    let scaled_ns = elapsed
        .as_nanos()
        .saturating_mul(u128::from(speed_millionths));
    i64::try_from(scaled_ns / (1_000 * u128::from(MILLIONTHS))).unwrap_or(i64::MAX)
}

/// Rounded up, so that the target has been reached when the duration is over.
fn real_duration(ahead_us: u64, speed_millionths: u64) -> Duration {
    let scaled_ns = u128::from(ahead_us) * 1_000 * u128::from(MILLIONTHS);
    let real_ns = scaled_ns.div_ceil(u128::from(speed_millionths));
    Duration::from_nanos(u64::try_from(real_ns).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START_US: i64 = 1_750_000_000_000_000;
    const DAY_US: i64 = 86_400_000_000;

    #[test]
    fn a_day_passes_in_a_minute() {
        let speed_millionths = 1_440 * MILLIONTHS;
        assert_eq!(scaled_us(Duration::from_secs(60), speed_millionths), DAY_US);
        assert_eq!(
            real_duration(DAY_US.unsigned_abs(), speed_millionths),
            Duration::from_secs(60)
        );
        // Ten real years at that speed are exact to the microsecond.
        let ten_years = Duration::from_secs(10 * 365 * 86_400);
        assert_eq!(
            scaled_us(ten_years, speed_millionths),
            10 * 365 * 1_440 * DAY_US
        );
        assert_eq!(Clock::scaled(START_US, DAY_A_MINUTE).speed(), DAY_A_MINUTE);
    }

    #[test]
    fn a_scaled_clock_begins_where_it_is_told_and_never_runs_back() {
        let clock = Clock::scaled(START_US, 1e6);
        let times: Vec<i64> = (0..1_000).map(|_| clock.now_us()).collect();
        assert!(times[0] >= START_US);
        assert!(times.is_sorted());
    }

    #[test]
    fn a_system_clock_never_runs_back() {
        let clock = Clock::system();
        let copy = clock.clone();
        let times: Vec<i64> = (0..1_000)
            .flat_map(|_| [clock.now_us(), copy.now_us()])
            .collect();
        assert!(times.is_sorted());
        assert!(times[0] > START_US);
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_sleepers_when_it_is_moved() {
        let clock = Clock::manual(START_US);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(START_US + DAY_US).await;
                clock.now_us()
            }
        });
        clock.advance_us(DAY_US - 1);
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance_us(1);
        assert_eq!(sleeper.await.unwrap(), START_US + DAY_US);
        clock.sleep_until(START_US).await;
    }

    #[tokio::test]
    async fn a_sleeper_on_a_fast_clock_wakes_at_or_after_the_time() {
        let clock = Clock::scaled(START_US, 1e6);
        clock.sleep_until(START_US + DAY_US / 100).await;
        assert!(clock.now_us() >= START_US + DAY_US / 100);
        assert_eq!(clock.real_duration_until(START_US), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn after_the_real_duration_the_target_is_reached(ahead_us in 0..i64::MAX / 4, speed in 1..1_000_000_000_000u64) {
            let real = real_duration(ahead_us.unsigned_abs(), speed);
            prop_assume!(real < Duration::from_nanos(u64::MAX));
            prop_assert!(scaled_us(real, speed) >= ahead_us);
        }
    }
}
