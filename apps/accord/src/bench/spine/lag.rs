//! How far the read models are behind the log, and whether they fall further behind.

use std::time::Duration;

use serde::Serialize;

/// The lag over a run, in events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lag {
    pub samples: usize,
    pub max: u64,
    pub first_half_mean: f64,
    pub second_half_mean: f64,
    pub end: u64,
    /// Slope of the straight line that fits the samples best (least squares), in events per second.
    pub growth_per_second: f64,
}

impl Lag {
    /// The figures of samples that were taken every `interval`.
    pub fn of(samples: &[u64], interval: Duration) -> Self {
        let (first, second) = samples.split_at(samples.len() / 2);
        Self {
            samples: samples.len(),
            max: samples.iter().copied().max().unwrap_or(0),
            first_half_mean: mean(first),
            second_half_mean: mean(second),
            end: samples.last().copied().unwrap_or(0),
            growth_per_second: slope(samples) / interval.as_secs_f64(),
        }
    }
}

fn mean(samples: &[u64]) -> f64 {
    samples.iter().sum::<u64>() as f64 / samples.len().max(1) as f64
}

/// Growth from one sample to the next.
fn slope(samples: &[u64]) -> f64 {
    if samples.len() < 2 {
        return 0.0;
    }
    let middle = (samples.len() - 1) as f64 / 2.0;
    let mean = mean(samples);
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (index, sample) in samples.iter().enumerate() {
        let distance = index as f64 - middle;
        covariance += distance * (*sample as f64 - mean);
        variance += distance * distance;
    }
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: Duration = Duration::from_millis(100);

    #[test]
    fn a_lag_that_grows_has_a_slope() {
        let lag = Lag::of(&[10, 20, 30, 40], TENTH);
        assert!((lag.growth_per_second - 100.0).abs() < 1e-9, "{lag:?}");
        assert_eq!((lag.max, lag.end), (40, 40));
        assert_eq!((lag.first_half_mean, lag.second_half_mean), (15.0, 35.0));
    }

    #[test]
    fn a_lag_that_only_swings_has_none() {
        let lag = Lag::of(&[5, 900, 900, 5], TENTH);
        assert!(lag.growth_per_second.abs() < 1e-9, "{lag:?}");
    }

    #[test]
    fn too_few_samples_grow_nowhere() {
        assert_eq!(Lag::of(&[], TENTH).growth_per_second, 0.0);
        assert_eq!(Lag::of(&[7], TENTH).growth_per_second, 0.0);
    }
}
