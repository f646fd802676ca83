//! The axis that makes rare things visible: probabilities by their log-odds.
//!
//! Scores of fraud crowd near zero; on a linear axis nearly all of them are one
//! bar. In log-odds, ln(p / (1 − p)), each doubling of the odds takes equal room,
//! contributions to a score add up, and both ends are treated alike.

/// An axis from one log-odds to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogOddsAxis {
    low: f64,
    high: f64,
}

/// The axis of scores: from about 0.00005 to about 0.9997.
pub const SCORE_AXIS: LogOddsAxis = LogOddsAxis {
    low: -10.0,
    high: 8.0,
};

/// Probabilities written along the axis of scores.
pub const SCORE_TICKS: [f64; 8] = [0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999];

impl LogOddsAxis {
    /// An axis over the given log-odds, widened where they coincide; what is not finite is left out.
    pub fn spanning(log_odds: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = log_odds
            .into_iter()
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if low > high {
            return SCORE_AXIS;
        }
        let margin = ((high - low) * 0.04).max(0.5);
        Self {
            low: low - margin,
            high: high + margin,
        }
    }

    /// Where a probability stands, 0 at the low end to 1 at the high end; what is beyond is at the end.
    pub fn position(self, probability: f64) -> f64 {
        self.position_of_log_odds(log_odds(probability))
    }

    /// Where a log-odds stands, likewise.
    pub fn position_of_log_odds(self, log_odds: f64) -> f64 {
        if log_odds.is_nan() {
            return 0.0;
        }
        ((log_odds - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Which of `bins` bins of equal width holds a probability; the end bins hold what is beyond.
    pub fn bin(self, probability: f64, bins: usize) -> usize {
        let bin = (self.position(probability) * bins as f64) as usize;
        bin.min(bins.saturating_sub(1))
    }

    /// The probability at the centre of a bin.
    pub fn centre(self, bin: usize, bins: usize) -> f64 {
        let position = (bin as f64 + 0.5) / bins.max(1) as f64;
        probability(self.low + position * (self.high - self.low))
    }
}

/// ln(p / (1 − p)); infinite at 0 and 1.
pub fn log_odds(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

/// The probability of a log-odds.
pub fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_hold_what_is_beyond() {
        for (probability, position, bin) in [
            (0.0, 0.0, 0),
            (1.0, 1.0, 35),
            (f64::NAN, 0.0, 0),
            (-3.0, 0.0, 0),
            (0.5, 10.0 / 18.0, 20),
        ] {
            assert!(
                (SCORE_AXIS.position(probability) - position).abs() < 1e-12,
                "{probability}"
            );
            assert_eq!(SCORE_AXIS.bin(probability, 36), bin, "{probability}");
        }
    }

    #[test]
    fn an_axis_over_nothing_is_the_axis_of_scores() {
        assert_eq!(LogOddsAxis::spanning([]), SCORE_AXIS);
        assert_eq!(LogOddsAxis::spanning([f64::NAN, f64::INFINITY]), SCORE_AXIS);
    }

    #[test]
    fn an_axis_over_one_value_has_it_in_the_middle() {
        let axis = LogOddsAxis::spanning([2.0]);
        assert!((axis.position_of_log_odds(2.0) - 0.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_centre_of_a_bin_is_in_the_bin(bin in 0_usize..36) {
            prop_assert_eq!(SCORE_AXIS.bin(SCORE_AXIS.centre(bin, 36), 36), bin);
        }

        #[test]
        fn probability_and_log_odds_are_inverse(value in -30.0_f64..30.0) {
            prop_assert!((log_odds(probability(value)) - value).abs() < 1e-2);
        }
    }
}
