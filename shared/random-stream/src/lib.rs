//! Independent random numbers for every purpose, subject and day.
//!
//! A stream's ChaCha8 key *is* its address (seed, purpose, subject, day), so that any stream can be
//! opened at any time without having drawn from another. The conversions from bits to numbers are
//! written out here instead of taken from a library, whose next version might draw differently.
//!
//! This crate is pure, and uses the `libm` crate instead of the platform's own functions, which may differ in the last bit.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers: ChaCha8, keyed by its address.
pub struct RandomStream(ChaCha8Rng);

impl RandomStream {
    /// Opens a stream. A simulation numbers its purposes and never renumbers them: they are part of every simulated byte.
    pub fn new(seed: u64, purpose: impl Into<u64>, subject: u64, day: u32) -> Self {
        let mut key = [0; 32];
        key[0..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&purpose.into().to_le_bytes());
        key[16..24].copy_from_slice(&subject.to_le_bytes());
        key[24..32].copy_from_slice(&u64::from(day).to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in `[0, 1)`, a multiple of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * STEP
    }

    /// Uniform in `[low, high)`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform integer in `0..bound`; its bias, below bound / 2⁶⁴, is beyond what can be observed.
    ///
    /// `bound` must be positive.
    pub fn below(&mut self, bound: u32) -> u32 {
        debug_assert!(bound > 0);
        let product = u128::from(self.0.next_u64()) * u128::from(bound);
        (product >> 64) as u32
    }

    /// `count` different integers in `0..bound`, every such set equally likely, in no useful order.
    ///
    /// Floyd's algorithm (Bentley and Floyd, "A Sample of Brilliance", 1987): exactly `count`
    /// draws. `count` must not exceed `bound`.
    pub fn distinct_below(&mut self, bound: u32, count: u32) -> Vec<u32> {
        debug_assert!(count <= bound);
        let mut chosen = Vec::with_capacity(count as usize);
        for last in bound - count..bound {
            let candidate = self.below(last + 1);
            let taken = chosen.contains(&candidate);
            chosen.push(if taken { last } else { candidate });
        }
        chosen
    }

    /// Two independent standard normal numbers (Box and Muller, 1958).
    pub fn normal_pair(&mut self) -> (f64, f64) {
        // 1 - unit lies in (0, 1], where the logarithm is finite.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        let (sine, cosine) = libm::sincos(std::f64::consts::TAU * self.unit());
        (radius * cosine, radius * sine)
    }

    /// Poisson number by inversion: the same one draw whatever the mean.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let target = self.unit();
        let mut count = 0;
        let mut probability = libm::exp(-mean);
        let mut cumulated = probability;
        // The rounded sum may end just below 1; in the far tail more terms would not move it.
        while target >= cumulated && (probability > f64::EPSILON || f64::from(count) < mean) {
            count += 1;
            probability *= mean / f64::from(count);
            cumulated += probability;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::RandomStream;

    const PURPOSE: u64 = 3;

    fn stream(subject: u64) -> RandomStream {
        RandomStream::new(11, PURPOSE, subject, 3)
    }

    /// Mean and variance of `draws` numbers.
    fn moments(draws: u32, mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let numbers: Vec<f64> = (0..draws).map(|_| draw()).collect();
        let mean = numbers.iter().sum::<f64>() / f64::from(draws);
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        (mean, squares / f64::from(draws))
    }

    #[test]
    fn every_part_of_the_address_opens_another_stream() {
        let first = |seed, purpose: u64, subject, day| {
            RandomStream::new(seed, purpose, subject, day)
                .unit()
                .to_bits()
        };
        let reference = first(1, PURPOSE, 2, 3);
        assert_eq!(reference, first(1, PURPOSE, 2, 3));
        assert_ne!(reference, first(9, PURPOSE, 2, 3));
        assert_ne!(reference, first(1, 7_u64, 2, 3));
        assert_ne!(reference, first(1, PURPOSE, 9, 3));
        assert_ne!(reference, first(1, PURPOSE, 2, 9));
    }

    #[test]
    fn first_numbers_of_neighbouring_streams_are_uniform() {
        let mut subject = 0;
        let (mean, variance) = moments(20_000, || {
            subject += 1;
            stream(subject).unit()
        });
        assert!((mean - 0.5).abs() < 0.01, "mean {mean}");
        assert!((variance - 1.0 / 12.0).abs() < 0.003, "variance {variance}");
    }

    #[test]
    fn poisson_has_equal_mean_and_variance() {
        for rate in [0.0, 0.3, 2.0, 4.0, 60.0, 100.0] {
            let mut stream = stream(1);
            let (mean, variance) = moments(20_000, || f64::from(stream.poisson(rate)));
            let tolerance = 0.05 * rate;
            assert!(
                (mean - rate).abs() <= tolerance,
                "mean {mean} for rate {rate}"
            );
            assert!(
                (variance - rate).abs() <= tolerance,
                "variance {variance} for rate {rate}"
            );
        }
    }

    #[test]
    fn both_numbers_of_a_normal_pair_are_standard_and_uncorrelated() {
        let mut stream = stream(2);
        let pairs: Vec<(f64, f64)> = (0..20_000).map(|_| stream.normal_pair()).collect();
        for numbers in [
            pairs.iter().map(|pair| pair.0).collect::<Vec<f64>>(),
            pairs.iter().map(|pair| pair.1).collect(),
        ] {
            let mut rest = numbers.into_iter();
            let (mean, variance) = moments(20_000, || rest.next().unwrap_or(f64::NAN));
            assert!(mean.abs() < 0.03, "mean {mean}");
            assert!((variance - 1.0).abs() < 0.05, "variance {variance}");
        }
        let covariance = pairs.iter().map(|pair| pair.0 * pair.1).sum::<f64>() / 20_000.0;
        assert!(covariance.abs() < 0.03, "covariance {covariance}");
    }

    #[test]
    fn distinct_numbers_are_distinct_and_equally_likely() {
        let mut stream = stream(3);
        let mut times_chosen = [0_u32; 10];
        for _ in 0..10_000 {
            let mut chosen = stream.distinct_below(10, 3);
            chosen.sort_unstable();
            chosen.dedup();
            assert_eq!(chosen.len(), 3);
            for number in chosen {
                times_chosen[number as usize] += 1;
            }
        }
        for times in times_chosen {
            assert!((2_800..3_200).contains(&times), "{times_chosen:?}");
        }
        let mut all = stream.distinct_below(4, 4);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3]);
    }
}
