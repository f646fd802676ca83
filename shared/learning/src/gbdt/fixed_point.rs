//! Derivatives of the log-loss as integers.

/// Fraction bits of both derivatives.
pub(super) const FRACTION_BITS: u32 = 20;

/// One, in fixed point: the most that a row adds to any sum. |p − y| ≤ 1 and p(1 − p) ≤ 1/4.
pub(super) const ONE: i64 = 1 << FRACTION_BITS;

/// A sum as a number.
#[inline]
pub(super) fn to_real(sum: i64) -> f64 {
    sum as f64 * (1.0 / ONE as f64)
}

/// Both derivatives of one row in one word, so that a single addition adds both: the first derivative p − y in the
/// upper half, the second p(1 − p), which is never negative, in the lower half.
///
/// The upper half of a sum is the sum of the upper halves as long as the lower halves add up to less than 2^32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Derivatives(i64);

impl Derivatives {
    /// The derivatives at `log_odds`. Free of branches and calls, so that a loop over rows can do several at once.
    #[inline]
    pub(super) fn at(log_odds: f64, label: bool) -> Self {
        let tail = exp_of_negative(-log_odds.abs());
        let numerator = if log_odds >= 0.0 { 1.0 } else { tail };
        let probability = numerator / (1.0 + tail);
        let first = probability - if label { 1.0 } else { 0.0 };
        let second = probability * (1.0 - probability);
        Self((quantised(first) << 32) + quantised(second))
    }

    #[inline]
    pub(super) fn packed(self) -> i64 {
        self.0
    }
}

/// Added to a number below 2^51 in absolute value, it leaves no room for a fraction: the sum is rounded half to even, and
/// its last bits are the integer, in two's complement.
const ROUNDING_SHIFT: f64 = 6_755_399_441_055_744.0;

#[inline]
fn quantised(value: f64) -> i64 {
    let shifted = value * ONE as f64 + ROUNDING_SHIFT;
    shifted.to_bits().wrapping_sub(ROUNDING_SHIFT.to_bits()) as i64
}

/// eˣ for x ≤ 0, to ten digits: a thousand times finer than the fixed point. Only additions and multiplications, whose
/// results IEEE 754 fixes to the last bit, so it is the same everywhere.
#[inline]
fn exp_of_negative(x: f64) -> f64 {
    /// ln 2 in two parts; the upper one has trailing zeros, so that its products with small integers are exact.
    const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    // Below this the fixed point cannot tell the result from zero.
    let x = if x > -64.0 { x } else { -64.0 };
    let shifted = x * core::f64::consts::LOG2_E + ROUNDING_SHIFT;
    let halvings = shifted - ROUNDING_SHIFT;
    let rest = (x - halvings * LN_2[0]) - halvings * LN_2[1];
    // |rest| ≤ ln 2 / 2: the first term left out is below 2 · 10^-10.
    let mut series = 1.0 / 40_320.0;
    for coefficient in [
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        series = series * rest + coefficient;
    }
    // The integer in the last bits of `shifted`, moved to the place of the exponent.
    let power_of_two = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    series * power_of_two
}

/// The first derivatives in a packed sum.
#[inline]
pub(super) fn first_of(packed: i64) -> i64 {
    packed >> 32
}

/// The second derivatives in a packed sum.
#[inline]
pub(super) fn second_of(packed: i64) -> i64 {
    packed & 0xffff_ffff
}

/// Watches that packed sums do not outgrow their halves, whatever bin the rows fall into.
#[derive(Debug, Default)]
pub(super) struct PackedBudget {
    first: u64,
    second: u64,
}

impl PackedBudget {
    /// Rows for which [`fits`](Self::fits) may be asked at once.
    pub(super) const ROWS_MAX: usize = 1_024;

    /// Whether these rows can be added to the sums since the last time that it said no. If not, the sums have to be
    /// emptied before the rows are added.
    pub(super) fn fits(&mut self, rows: impl Iterator<Item = i64>) -> bool {
        let (mut first, mut second) = (0, 0);
        for packed in rows {
            first += first_of(packed).unsigned_abs();
            second += second_of(packed).unsigned_abs();
        }
        self.first += first;
        self.second += second;
        let fits = self.first < 1 << 31 && self.second < 1 << 32;
        if !fits {
            *self = Self { first, second };
        }
        fits
    }
}

const _: () = assert!((PackedBudget::ROWS_MAX as i64) * ONE < 1 << 31);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deterministic::sigmoid;

    #[test]
    fn derivatives_stay_within_their_bounds() {
        for step in -8_000..=8_000 {
            for label in [false, true] {
                let packed = Derivatives::at(f64::from(step) / 10.0, label).packed();
                assert!(first_of(packed).abs() <= ONE);
                assert!((0..=ONE / 4).contains(&second_of(packed)));
                assert_eq!(first_of(packed) > 0, !label && first_of(packed) != 0);
            }
        }
        let even = Derivatives::at(0.0, true).packed();
        assert_eq!((first_of(even), second_of(even)), (-ONE / 2, ONE / 4));
    }

    #[test]
    fn they_are_those_of_the_sigmoid() {
        for step in -70_000..=70_000 {
            let log_odds = f64::from(step) / 1_000.0;
            let probability = sigmoid(log_odds);
            let packed = Derivatives::at(log_odds, true).packed();
            let error = |sum: i64, exact: f64| (sum as f64 - exact * ONE as f64).abs();
            assert!(
                error(first_of(packed), probability - 1.0) < 0.501,
                "{log_odds}"
            );
            assert!(
                error(second_of(packed), probability * (1.0 - probability)) < 0.501,
                "{log_odds}"
            );
        }
        let extremes =
            [f64::MAX, -f64::MAX].map(|log_odds| Derivatives::at(log_odds, false).packed());
        assert_eq!(extremes, [ONE << 32, 0]);
    }

    #[test]
    fn sums_of_either_sign_unpack_to_the_sums_of_their_halves() {
        let rows: Vec<i64> = (0..2_000)
            .map(|row| Derivatives::at(f64::from(row % 13) - 6.0, row % 3 == 0).packed())
            .collect();
        let sum: i64 = rows.iter().sum();
        assert_eq!(
            first_of(sum),
            rows.iter().map(|row| first_of(*row)).sum::<i64>()
        );
        assert_eq!(
            second_of(sum),
            rows.iter().map(|row| second_of(*row)).sum::<i64>()
        );
        assert!(first_of(sum) != 0);
    }

    /// The worst rows: the budget must say no before either half can overflow.
    #[test]
    fn the_budget_ends_before_a_half_overflows() {
        for (worst, blocks_expected) in [
            (Derivatives::at(99.0, false), 1),
            (Derivatives::at(0.0, true), 3),
        ] {
            let mut budget = PackedBudget::default();
            let mut sum = 0i64;
            let mut blocks = 0;
            while budget.fits(std::iter::repeat_n(worst.packed(), PackedBudget::ROWS_MAX)) {
                sum += worst.packed() * PackedBudget::ROWS_MAX as i64;
                blocks += 1;
                assert_eq!(first_of(sum), blocks * 1_024 * first_of(worst.packed()));
                assert_eq!(second_of(sum), blocks * 1_024 * second_of(worst.packed()));
            }
            assert_eq!(blocks, blocks_expected);
        }
    }
}
