//! Latency of decisions over the last minute or so, for the overview.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Buckets by powers of two of a microsecond, each cut into four.
const BUCKETS: usize = 4 * 32;
/// Observations after which old ones count half.
const HALVE_AFTER: u64 = 20_000;

/// A histogram that forgets slowly. Error of a quantile: at most a quarter of its value.
#[derive(Debug)]
pub struct RecentLatency {
    counts: Mutex<([u64; BUCKETS], u64)>,
}

impl Default for RecentLatency {
    fn default() -> Self {
        Self {
            counts: Mutex::new(([0; BUCKETS], 0)),
        }
    }
}

impl RecentLatency {
    pub fn observe(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros())
            .unwrap_or(u64::MAX)
            .max(4);
        let power = micros.ilog2() as usize;
        let quarter = (micros >> (power - 2)) as usize & 3;
        let bucket = (power * 4 + quarter).min(BUCKETS - 1);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.0[bucket] += 1;
        counts.1 += 1;
        if counts.1 >= HALVE_AFTER {
            counts.0.iter_mut().for_each(|count| *count /= 2);
            counts.1 = counts.0.iter().sum();
        }
    }

    /// Upper edge of the bucket that holds the 99th percentile, in microseconds; `None` before the first observation.
    pub fn p99_us(&self) -> Option<u64> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let rank = (counts.1 * 99).div_ceil(100);
        let mut seen = 0;
        for (bucket, count) in counts.0.iter().enumerate() {
            seen += count;
            if *count > 0 && seen >= rank {
                let (power, quarter) = (bucket / 4, bucket as u64 % 4);
                return Some((quarter + 5) << (power - 2));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_99th_percentile_is_told_within_a_quarter() {
        let latency = RecentLatency::default();
        assert_eq!(latency.p99_us(), None);
        for micros in 1..=1_000 {
            latency.observe(Duration::from_micros(micros));
        }
        let p99 = latency.p99_us().unwrap();
        assert!((990..=1_240).contains(&p99), "{p99}");
    }

    #[test]
    fn old_observations_fade() {
        let latency = RecentLatency::default();
        for _ in 0..30_000 {
            latency.observe(Duration::from_millis(50));
        }
        for _ in 0..200_000 {
            latency.observe(Duration::from_micros(100));
        }
        assert!(latency.p99_us().unwrap() < 200);
    }
}
