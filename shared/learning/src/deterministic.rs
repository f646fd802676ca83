//! Mathematics that gives the same bits on every machine.
//!
//! The four operations, square root and comparisons are exact by IEEE 754; everything transcendental goes through the
//! `libm` crate, which is plain Rust, never through the platform's C library, whose last bits differ from system to
//! system. A learner that reaches an integer by any other way would train different models in different places.

/// eˣ.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// ln x.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), accurate near zero.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// sign(x) · ln(1 + |x|): nearly linear around zero, logarithmic in both tails.
///
/// The absolute error is below 10^-15, which is all that a feature's scale needs: the sum is rounded before the
/// logarithm, and that saves half of the time of [`ln_1p`].
#[inline]
pub fn signed_ln_1p(x: f64) -> f64 {
    libm::log(1.0 + x.abs()).copysign(x)
}

/// 1 / (1 + e⁻ˣ), without overflow in either tail.
#[inline]
pub fn sigmoid(logit: f64) -> f64 {
    let tail = exp(-logit.abs());
    let numerator = if logit >= 0.0 { 1.0 } else { tail };
    numerator / (1.0 + tail)
}

/// ln(p / (1 − p)) for 0 < p < 1.
#[inline]
pub fn logit(probability: f64) -> f64 {
    ln(probability / (1.0 - probability))
}

/// −ln of the probability that a prediction `logit` gave to what happened.
#[inline]
pub fn log_loss_of_logit(logit: f64, label: bool) -> f64 {
    let against = if label { -logit } else { logit };
    against.max(0.0) + ln_1p(exp(-against.abs()))
}

/// `value` in fixed point with `fraction_bits`, rounded half to even and clipped to ±`bound` (at most 2^51).
#[inline]
pub fn quantise(value: f64, fraction_bits: u32, bound: i64) -> i64 {
    debug_assert!(!value.is_nan() && bound <= 1 << 51);
    // Both casts are exact: the scale is a power of two and the bound is at most 2^51.
    let limit = bound as f64;
    let scaled = (value * (1u64 << fraction_bits) as f64).clamp(-limit, limit);
    round_half_even(scaled) as i64
}

/// Rounds half to even for |x| ≤ 2^51.
///
/// Adding 1.5 · 2^52 leaves no room for a fraction, so the addition itself rounds, in the IEEE default mode; without
/// SSE 4.1 the standard method is a function call.
#[inline]
pub fn round_half_even(x: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    (x + SHIFT) - SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sigmoid_is_symmetric_and_saturates_without_overflow() {
        assert_eq!(sigmoid(0.0), 0.5);
        assert_eq!(sigmoid(800.0), 1.0);
        assert_eq!(sigmoid(-800.0), 0.0);
        for step in -300..=300 {
            let logit = f64::from(step) / 10.0;
            assert!((sigmoid(logit) + sigmoid(-logit) - 1.0).abs() <= f64::EPSILON);
        }
    }

    /// Golden bits: they must be the same on every machine that trains.
    #[test]
    fn the_last_bit_is_fixed() {
        let check = |value: f64, bits: u64| assert_eq!(value.to_bits(), bits, "{value:e}");
        check(sigmoid(1.0), 0x3fe7_64d4_f5d5_a2bd);
        check(sigmoid(-3.7), 0x3f98_b4c0_ffc1_4fbf);
        check(signed_ln_1p(-1234.5), 0xc01c_7a17_b2ab_89e4);
        check(log_loss_of_logit(2.5, true), 0x3fb4_321e_1cc6_d13f);
    }

    #[test]
    fn rounding_agrees_with_the_standard_library() {
        for numerator in -4_000..4_000 {
            let x = f64::from(numerator) / 8.0;
            assert_eq!(round_half_even(x), x.round_ties_even(), "{x}");
        }
        let large = (1u64 << 51) as f64 - 0.5;
        assert_eq!(round_half_even(large), large.round_ties_even());
        assert_eq!(round_half_even(-large), (-large).round_ties_even());
    }

    #[test]
    fn quantised_values_stay_within_their_bound() {
        assert_eq!(quantise(0.5, 20, 1 << 20), 1 << 19);
        assert_eq!(quantise(-1e300, 20, 1 << 20), -(1 << 20));
        assert_eq!(quantise(f64::INFINITY, 20, 7), 7);
        assert_eq!(quantise(2.5 / 1024.0, 10, 100), 2);
    }

    #[test]
    fn the_loss_of_a_certain_mistake_is_the_logit() {
        assert_eq!(log_loss_of_logit(700.0, false), 700.0);
        assert!((log_loss_of_logit(0.0, true) - core::f64::consts::LN_2).abs() < 1e-15);
    }
}
