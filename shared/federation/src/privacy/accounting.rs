//! zCDP: what a noisy sum costs, and what costs mean as (ε, δ).
//!
//! Sources: Bun and Steinke 2016 (zCDP); Canonne, Kamath and Steinke 2020 (discrete Gaussian, conversion);
//! Kairouz, Liu and Steinke 2021, arXiv 2102.06387 (sums of discrete Gaussians).

use std::f64::consts::PI;

/// ρ of one release: Δ²/(2σ²), with the L2 sensitivity Δ and the noise's variance σ² in the same unit.
pub fn rho_of_gaussian(sensitivity: f64, variance: f64) -> f64 {
    sensitivity * sensitivity / (2.0 * variance)
}

/// ρ of a sum of `dimension` coordinates to which `parties` honest participants each added discrete Gaussian noise.
///
/// A sum of discrete Gaussians is not quite one itself; the difference shrinks as e^(−π²σ²) and is charged here with the
/// paper's bound (in its form with 2τd, the more careful of the two that are in use).
pub fn rho_of_noisy_sum(
    sensitivity: f64,
    variance_per_party: f64,
    parties: usize,
    dimension: usize,
) -> f64 {
    let variance = variance_per_party * parties as f64;
    let distance: f64 = (1..parties)
        .map(|k| {
            let k = k as f64;
            10.0 * (-2.0 * PI * PI * variance_per_party * k / (k + 1.0)).exp()
        })
        .sum();
    let dimension = dimension as f64;
    let squared = sensitivity * sensitivity / variance + 2.0 * distance * dimension;
    let linear = sensitivity / variance.sqrt() + distance * dimension.sqrt();
    squared.min(linear * linear) / 2.0
}

/// The smallest ε for which `rho`-zCDP gives (ε, δ)-differential privacy, by the best order α of the Rényi divergence:
/// αρ + (ln(1/δ) + α·ln(1 − 1/α) − ln(α − 1)) / (α − 1), never below zero.
pub fn epsilon(rho: f64, delta: f64) -> f64 {
    if rho <= 0.0 {
        return 0.0;
    }
    let at = |log_excess: f64| {
        let excess = log_excess.exp();
        let order = 1.0 + excess;
        let rest = -delta.ln() - order * (excess.recip()).ln_1p() - excess.ln();
        order * rho + rest / excess
    };
    // One minimum in ln(α − 1): ternary search until the interval is narrower than any digit that is shown.
    let (mut low, mut high) = (-12.0, 40.0);
    for _ in 0..200 {
        let third = (high - low) / 3.0;
        if at(low + third) < at(high - third) {
            high -= third;
        } else {
            low += third;
        }
    }
    at((low + high) / 2.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversion_gives_the_published_figure() {
        assert_eq!(format!("{:.5}", epsilon(1.0 / 32.0, 1e-3)), "0.68800");
    }

    #[test]
    fn conversion_is_tighter_than_the_simple_formula_and_grows_with_the_cost() {
        let mut before = 0.0;
        for step in 1..40 {
            let rho = f64::from(step) * 0.05;
            let simple = rho + 2.0 * (rho * 1e6f64.ln()).sqrt();
            let best = epsilon(rho, 1e-6);
            assert!(
                best < simple && best > before,
                "rho {rho}: {best}, {simple}"
            );
            before = best;
        }
        assert_eq!(epsilon(0.0, 1e-6), 0.0);
    }

    #[test]
    fn the_correction_for_sums_is_negligible_from_a_deviation_of_two() {
        let plain = rho_of_gaussian(10.0, 4.0 * 7.0);
        let corrected = rho_of_noisy_sum(10.0, 4.0, 7, 1_000_000);
        assert!(corrected >= plain);
        assert!((corrected - plain) / plain < 1e-9, "{corrected} {plain}");
        // Far below, it is not: the plan's lower limit is there for a reason.
        assert!(rho_of_noisy_sum(1.0, 0.25, 7, 1_000) > 2.0 * rho_of_gaussian(1.0, 0.25 * 7.0));
    }
}
