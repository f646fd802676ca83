//! Latency distributions in microseconds.
//!
//! Samples go into a high dynamic range histogram (HdrHistogram): constant cost and memory,
//! relative error at most 0.1 %, so that a p99.9 means the same at 200 µs and at 20 s.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest latency told apart; anything longer is recorded as this.
pub const LATENCY_MAX: Duration = Duration::from_secs(3_600);

const SIGNIFICANT_DIGITS: u8 = 3;

/// Collects latencies one by one.
#[derive(Debug, Clone)]
pub struct LatencyHistogram {
    microseconds: Histogram<u64>,
}

impl LatencyHistogram {
    /// An empty histogram from 1 µs to [`LATENCY_MAX`] (about 190 KiB, allocated once).
    pub fn new() -> Self {
        let microseconds =
            Histogram::new_with_bounds(1, whole_microseconds(LATENCY_MAX), SIGNIFICANT_DIGITS)
                .expect("1 µs to one hour with three digits are bounds the histogram accepts");
        Self { microseconds }
    }

    /// Adds one sample, rounded down to whole microseconds.
    pub fn record(&mut self, latency: Duration) {
        self.microseconds
            .saturating_record(whole_microseconds(latency));
    }

    /// The percentiles of what was recorded; all zero when nothing was.
    pub fn summary(&self) -> LatencySummary {
        let quantile = |share| self.microseconds.value_at_quantile(share);
        LatencySummary {
            count: self.microseconds.len(),
            p50_us: quantile(0.5),
            p90_us: quantile(0.9),
            p99_us: quantile(0.99),
            p999_us: quantile(0.999),
            max_us: self.microseconds.max(),
        }
    }
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        Self::new()
    }
}

/// The percentiles of a latency distribution, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// How many samples there were.
    pub count: u64,
    /// Half of the samples were at most this.
    pub p50_us: u64,
    /// Nine in ten samples were at most this.
    pub p90_us: u64,
    /// Ninety-nine in a hundred samples were at most this.
    pub p99_us: u64,
    /// 999 in a thousand samples were at most this.
    pub p999_us: u64,
    /// The longest sample.
    pub max_us: u64,
}

fn whole_microseconds(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary_of(microseconds: impl IntoIterator<Item = u64>) -> LatencySummary {
        let mut histogram = LatencyHistogram::new();
        for sample in microseconds {
            histogram.record(Duration::from_micros(sample));
        }
        histogram.summary()
    }

    #[test]
    fn nothing_recorded_is_all_zero() {
        assert_eq!(summary_of([]), LatencySummary::default());
    }

    #[test]
    fn percentiles_of_one_to_a_thousand_are_their_ranks() {
        let expected = LatencySummary {
            count: 1_000,
            p50_us: 500,
            p90_us: 900,
            p99_us: 990,
            p999_us: 999,
            max_us: 1_000,
        };
        assert_eq!(summary_of(1..=1_000), expected);
    }

    #[test]
    fn one_slow_sample_in_ten_thousand_shows_in_the_maximum_only() {
        let mut samples = vec![100; 9_999];
        samples.push(5_000_000);
        let summary = summary_of(samples);
        assert_eq!(summary.p999_us, 100);
        assert!(summary.max_us.abs_diff(5_000_000) <= 5_000, "{summary:?}");
    }

    #[test]
    fn a_latency_beyond_the_limit_is_kept_at_the_limit() {
        let summary = summary_of([2 * 3_600_000_000]);
        assert_eq!(summary.count, 1);
        assert!(summary.max_us >= 3_600_000_000);
    }
}
