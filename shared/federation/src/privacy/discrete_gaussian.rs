//! Exact samples of the discrete Gaussian: integers z with probability proportional to exp(−z²/(2σ²)).
//!
//! Rejection from a discrete Laplace distribution (Canonne, Kamath and Steinke 2020, algorithms 1 to 3). Nothing is
//! rounded: every coin has an exactly rational chance and is thrown by comparing random digits with the quotient's digits
//! until they differ, which one byte nearly always decides, and which needs multiplications only.
//!
//! How long a sample takes depends on its value. Noise is drawn for a whole vector at a time, away from any network.

use chacha20::ChaCha20;
use chacha20::cipher::StreamCipher;
use thiserror::Error;
use zeroize::Zeroize;

use crate::mask::key_stream;
use crate::secret::Secret;

/// The smallest variance that is allowed: below a deviation of 2 a sum of discrete Gaussians is not close to one.
pub const VARIANCE_MIN: u64 = 4;
/// The largest variance: beyond it products would leave 128 bits.
pub const VARIANCE_MAX: u64 = 1 << 52;

/// The variance is outside [`VARIANCE_MIN`]..=[`VARIANCE_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a variance of {0} cannot be sampled")]
pub struct VarianceOutOfRange(pub u64);

/// An endless sequence of samples.
pub struct DiscreteGaussian {
    variance: u64,
    /// The scale of the Laplace distribution that samples are drawn from: ⌊σ⌋ + 1.
    scale: u64,
    digits: Digits,
}

impl DiscreteGaussian {
    /// Samples of a variance, all of them determined by a key that is used for nothing else.
    pub fn new(variance: u64, key: &Secret) -> Result<Self, VarianceOutOfRange> {
        if !(VARIANCE_MIN..=VARIANCE_MAX).contains(&variance) {
            return Err(VarianceOutOfRange(variance));
        }
        Ok(Self {
            variance,
            scale: variance.isqrt() + 1,
            digits: Digits::new(key),
        })
    }

    /// The next sample.
    pub fn sample(&mut self) -> i64 {
        let (variance, scale) = (i128::from(self.variance), i128::from(self.scale));
        loop {
            let candidate = self.laplace();
            let distance = i128::from(candidate.unsigned_abs()) * scale - variance;
            let exponent = Ratio {
                numerator: distance.unsigned_abs().pow(2),
                denominator: 2 * variance.unsigned_abs() * scale.unsigned_abs().pow(2),
            };
            if self.digits.coin_of_exponential(exponent) {
                return candidate;
            }
        }
    }

    /// A discrete Laplace sample: z with probability proportional to exp(−|z| / scale).
    fn laplace(&mut self) -> i64 {
        loop {
            let remainder = self.digits.below(self.scale);
            let exponent = Ratio {
                numerator: u128::from(remainder),
                denominator: u128::from(self.scale),
            };
            if !self.digits.coin_of_fraction(exponent) {
                continue;
            }
            let mut quotient = 0;
            while self.digits.coin_of_fraction(Ratio::ONE) {
                quotient += 1;
            }
            let negative = self.digits.byte() & 1 == 1;
            // At most 2^26 times a quotient that exceeds a hundred in one case of 10^43.
            let size = (remainder + self.scale * quotient) as i64;
            match (negative, size) {
                // Zero has one sign only.
                (true, 0) => {}
                (true, size) => return -size,
                (false, size) => return size,
            }
        }
    }
}

/// A quotient of two integers below 2^118.
#[derive(Clone, Copy)]
struct Ratio {
    numerator: u128,
    denominator: u128,
}

impl Ratio {
    const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };
}

/// Random bytes and exact coins.
struct Digits {
    stream: ChaCha20,
    bytes: [u8; 1_024],
    used: usize,
}

impl Digits {
    fn new(key: &Secret) -> Self {
        Self {
            stream: key_stream(key),
            bytes: [0; 1_024],
            used: 1_024,
        }
    }

    fn byte(&mut self) -> u8 {
        if self.used == self.bytes.len() {
            self.stream.write_keystream(&mut self.bytes);
            self.used = 0;
        }
        let byte = self.bytes[self.used];
        self.used += 1;
        byte
    }

    /// A number below `bound`, each equally likely.
    fn below(&mut self, bound: u64) -> u64 {
        let bits = 64 - (bound - 1).leading_zeros();
        let mask = if bits == 0 {
            0
        } else {
            u64::MAX >> (64 - bits)
        };
        loop {
            let mut number = 0;
            for _ in 0..bits.div_ceil(8) {
                number = number << 8 | u64::from(self.byte());
            }
            let number = number & mask;
            if number < bound {
                return number;
            }
        }
    }

    /// True with the probability of a ratio of at most 1.
    fn coin(&mut self, ratio: Ratio) -> bool {
        let Ratio {
            mut numerator,
            denominator,
        } = ratio;
        loop {
            // The next digit of the ratio against a random one, in base 256.
            let random = u128::from(self.byte()) * denominator;
            let digits = numerator << 8;
            if random + denominator <= digits {
                return true;
            }
            if random >= digits {
                return false;
            }
            numerator = digits - random;
        }
    }

    /// True with probability exp(−ratio), for a ratio of at most 1 (algorithm 1: the series of e, as a game).
    fn coin_of_fraction(&mut self, ratio: Ratio) -> bool {
        let mut round = 1;
        loop {
            let wins = self.coin(Ratio {
                numerator: ratio.numerator,
                denominator: ratio.denominator * round,
            });
            if !wins {
                return round % 2 == 1;
            }
            round += 1;
        }
    }

    /// True with probability exp(−ratio).
    fn coin_of_exponential(&mut self, ratio: Ratio) -> bool {
        let mut numerator = ratio.numerator;
        while numerator > ratio.denominator {
            if !self.coin_of_fraction(Ratio::ONE) {
                return false;
            }
            numerator -= ratio.denominator;
        }
        self.coin_of_fraction(Ratio { numerator, ..ratio })
    }
}

impl Drop for Digits {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pearson's statistic of samples against exact probabilities, over cells −6σ..6σ with tails merged.
    fn check(variance: u64, key: u8) {
        const SAMPLES: usize = 60_000;
        let deviation = variance.isqrt() as i64;
        let (low, high) = (-4 * deviation, 4 * deviation);
        let weight = |z: i64| (-((z * z) as f64) / (2.0 * variance as f64)).exp();
        let total: f64 = (-12 * deviation..=12 * deviation).map(weight).sum();
        let mut sampler = DiscreteGaussian::new(variance, &Secret::from_bytes([key; 32]))
            .expect("a usable variance");
        let mut counts = vec![0u32; usize::try_from(high - low + 1).expect("small")];
        let mut inside = 0;
        for _ in 0..SAMPLES {
            let sample = sampler.sample();
            if (low..=high).contains(&sample) {
                counts[usize::try_from(sample - low).expect("within")] += 1;
                inside += 1;
            }
        }
        assert!(SAMPLES - inside < 60, "variance {variance}: heavy tails");
        let mut statistic = 0.0;
        let mut cells = 0.0;
        for (place, count) in counts.iter().enumerate() {
            let expected = SAMPLES as f64 * weight(low + place as i64) / total;
            if expected >= 8.0 {
                statistic += (f64::from(*count) - expected).powi(2) / expected;
                cells += 1.0;
            }
        }
        // Mean cells − 1, deviation √(2·cells): six deviations, with a fixed key.
        let limit = cells + 6.0 * (2.0f64 * cells).sqrt();
        assert!(
            statistic < limit,
            "variance {variance}: {statistic} of {limit}"
        );
    }

    #[test]
    fn samples_follow_the_exact_distribution() {
        for (variance, key) in [(4, 1), (5, 2), (30, 3), (1_000, 4)] {
            check(variance, key);
        }
    }

    #[test]
    fn the_largest_variance_is_sampled_without_overflow() {
        let mut sampler =
            DiscreteGaussian::new(VARIANCE_MAX, &Secret::from_bytes([9; 32])).expect("usable");
        let samples: Vec<f64> = (0..4_000).map(|_| sampler.sample() as f64).collect();
        let mean_square = samples.iter().map(|sample| sample * sample).sum::<f64>() / 4_000.0;
        let ratio = mean_square / VARIANCE_MAX as f64;
        assert!((0.85..1.15).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_same_key_gives_the_same_noise_and_another_key_other_noise() {
        let draw = |key| {
            let mut sampler =
                DiscreteGaussian::new(100, &Secret::from_bytes([key; 32])).expect("usable");
            (0..32).map(|_| sampler.sample()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        for refused in [0, VARIANCE_MIN - 1, VARIANCE_MAX + 1] {
            assert!(DiscreteGaussian::new(refused, &Secret::from_bytes([0; 32])).is_err());
        }
    }
}
