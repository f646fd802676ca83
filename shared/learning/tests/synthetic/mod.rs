//! Rows made from a seed, the same on every machine.

use accord_learning::deterministic::{exp, ln, sigmoid};
use accord_learning::{MISSING, TrainingRows};

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and good enough to make test rows.
pub struct Generator {
    state: u64,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// In 0..end.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// About normal: the sum of twelve uniforms.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// The log-odds of fraud that [`fraud_like_rows`] draws its labels from: no score can rank them better.
pub fn true_logit(features: &[f64]) -> f64 {
    let recency = if features[3] == MISSING {
        1.0
    } else {
        -0.2 * (ln(features[3]) - 8.0)
    };
    -8.2 + 0.9 * ln(features[0]) + 1.2 * features[1] + 0.7 * features[2] + recency
}

/// Rows with about 1 % positives: a log-normal amount, night, a distance, and the time since the last transaction,
/// which every tenth row lacks.
pub fn fraud_like_rows(seed: u64, row_count: usize) -> TrainingRows {
    let mut generator = Generator::new(seed);
    let mut rows = TrainingRows::new(4);
    for _ in 0..row_count {
        let amount = exp(3.0 + 1.2 * generator.normal());
        let night = f64::from(u8::from(generator.uniform() < 0.2));
        let distance = generator.normal().clamp(-4.0, 4.0);
        let missing = generator.uniform() < 0.1;
        let seconds = exp(8.0 + 2.0 * generator.normal());
        let features = [
            amount,
            night,
            distance,
            if missing { MISSING } else { seconds },
        ];
        let label = generator.uniform() < sigmoid(true_logit(&features));
        rows.push(generator.next(), &features, label)
            .expect("finite features");
    }
    rows
}
