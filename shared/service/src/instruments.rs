//! Counters, gauges and histograms: what the [metrics registry](crate::metrics) holds.
//!
//! Clones share the same numbers. Recording is one or two relaxed atomic additions.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A count that only grows.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Counts one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Counts several.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The count so far.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// Sets the number.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds to the number; a negative amount subtracts.
    pub fn add(&self, amount: i64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// The number as it stands.
    #[must_use]
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Upper bounds of the buckets of a histogram, as whole raw units, and how many raw units make one
/// unit of the metric.
#[derive(Debug, Clone, Copy)]
pub struct Buckets {
    upper_bounds: &'static [u64],
    raw_per_unit: u64,
}

impl Buckets {
    /// Buckets with these upper bounds in ascending order.
    #[must_use]
    pub const fn new(upper_bounds: &'static [u64], raw_per_unit: u64) -> Self {
        Self {
            upper_bounds,
            raw_per_unit,
        }
    }

    /// Durations from 50 µs to 30 s; recorded in microseconds, shown in seconds.
    pub const DURATIONS: Self = Self {
        upper_bounds: &[
            50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000,
            1_000_000, 5_000_000, 30_000_000,
        ],
        raw_per_unit: 1_000_000,
    };

    /// Numbers of things from 1 to 4,096 in powers of two, such as commands in a batch.
    pub const COUNTS: Self = Self {
        upper_bounds: &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096],
        raw_per_unit: 1,
    };
}

/// A distribution over fixed buckets.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Distribution>);

#[derive(Debug)]
struct Distribution {
    buckets: Buckets,
    /// One count per bucket, and one for what exceeds the last bound.
    counts: Vec<AtomicU64>,
    sum_raw: AtomicU64,
}

impl Histogram {
    pub(crate) fn new(buckets: Buckets) -> Self {
        let counts = (0..=buckets.upper_bounds.len())
            .map(|_| AtomicU64::new(0))
            .collect();
        Self(Arc::new(Distribution {
            buckets,
            counts,
            sum_raw: AtomicU64::new(0),
        }))
    }

    /// Records a value in raw units: microseconds for durations, things for counts.
    pub fn observe(&self, raw: u64) {
        let bucket = self
            .0
            .buckets
            .upper_bounds
            .partition_point(|bound| *bound < raw);
        self.0.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.0.sum_raw.fetch_add(raw, Ordering::Relaxed);
    }

    /// Records a duration in a histogram over [`Buckets::DURATIONS`].
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0
            .counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .sum()
    }
}

impl Histogram {
    /// Appends the lines of the histogram in the Prometheus text format.
    pub(crate) fn render(&self, text: &mut String, name: &str, labels: &str) -> std::fmt::Result {
        let Distribution {
            buckets,
            counts,
            sum_raw,
        } = &*self.0;
        let separator = if labels.is_empty() { "" } else { "," };
        let in_units = |raw: u64| raw as f64 / buckets.raw_per_unit as f64;
        let mut cumulated = 0;
        for (index, count) in counts.iter().enumerate() {
            cumulated += count.load(Ordering::Relaxed);
            let bound = match buckets.upper_bounds.get(index) {
                Some(bound) => in_units(*bound).to_string(),
                None => "+Inf".to_owned(),
            };
            writeln!(
                text,
                "{name}_bucket{{{labels}{separator}le=\"{bound}\"}} {cumulated}"
            )?;
        }
        let sum = in_units(sum_raw.load(Ordering::Relaxed));
        writeln!(text, "{name}_sum{} {sum}", braced(labels))?;
        writeln!(text, "{name}_count{} {cumulated}", braced(labels))
    }
}

/// A list of labels as it follows the name of a metric.
pub(crate) fn braced(labels: &str) -> String {
    if labels.is_empty() {
        String::new()
    } else {
        format!("{{{labels}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_the_first_bucket_that_can_hold_it() {
        let histogram = Histogram::new(Buckets::new(&[1, 4], 1));
        for value in [0, 1, 2, 4, 5, u64::MAX / 2] {
            histogram.observe(value);
        }
        let counts = histogram
            .0
            .counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        assert_eq!(counts.collect::<Vec<_>>(), [2, 2, 2]);
        assert_eq!(histogram.count(), 6);
    }

    #[test]
    fn bounds_ascend() {
        for buckets in [Buckets::DURATIONS, Buckets::COUNTS] {
            assert!(buckets.upper_bounds.is_sorted());
        }
    }

    #[test]
    fn clones_share_their_numbers() {
        let (counter, gauge) = (Counter::default(), Gauge::default());
        counter.clone().add(2);
        counter.increment();
        gauge.clone().set(5);
        gauge.add(-7);
        assert_eq!((counter.value(), gauge.value()), (3, -2));
    }
}
