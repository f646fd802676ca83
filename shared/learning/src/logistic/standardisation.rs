//! Bringing features to a common scale, from one exact sum.

use serde::{Deserialize, Serialize};

use super::plan::{FeaturePlan, LogisticPlan, Transform};
use crate::deterministic::quantise;
use crate::learner::AbsorbError;
use crate::rows::{TrainingRows, is_missing};

/// Standardised values are clipped to ±8 standard deviations, in training and in scoring alike. It bounds the
/// influence (and the fixed-point size) of a single row; with a logarithm before it hardly anything is ever clipped.
pub(super) const CLIP: f64 = 8.0;

/// Values within the plan's range enter the moments as fixed point in [−1, 1] with 30 fraction bits.
const MOMENT_FRACTION_BITS: u32 = 30;
const MOMENT_ONE: i64 = 1 << MOMENT_FRACTION_BITS;

/// How one feature is standardised: transform, centre, scale, clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standardisation {
    /// Applied first.
    pub transform: Transform,
    /// Mean of the transformed values that are present.
    pub mean: f64,
    /// 1 / standard deviation of the transformed values; 0 for a feature that never varies, which switches it off.
    pub inverse_deviation: f64,
    /// Lower clip of the standardised value.
    pub lowest: f64,
    /// Upper clip of the standardised value.
    pub highest: f64,
}

impl Standardisation {
    /// The standardised value, or `None` if `raw` is missing. It always lies in −8..=8.
    #[inline]
    pub fn apply(&self, raw: f64) -> Option<f64> {
        if is_missing(raw) {
            return None;
        }
        let centred = (self.transform.apply(raw) - self.mean) * self.inverse_deviation;
        // Not `clamp`: an infinite value of a feature that is switched off gives NaN here, and must give `lowest`.
        let raised = if centred > self.lowest {
            centred
        } else {
            self.lowest
        };
        Some(if raised < self.highest {
            raised
        } else {
            self.highest
        })
    }
}

/// The sums behind all standardisations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaling {
    pub rows: i64,
    pub positives: i64,
    pub features: Vec<Standardisation>,
}

/// Coordinates: rows, positive rows, then per feature: rows that have it, Σu, Σu² with u in [−1, 1].
pub(super) fn dimension(plan: &LogisticPlan) -> usize {
    2 + 3 * plan.features.len()
}

/// The most that a row can add to a coordinate of the scaling query.
pub(super) const ROW_BOUND: u64 = MOMENT_ONE as u64;

pub(super) fn answer(plan: &LogisticPlan, rows: &TrainingRows) -> Vec<i64> {
    let ranges: Vec<UnitRange> = plan.features.iter().map(UnitRange::of).collect();
    let mut sums = vec![0i64; dimension(plan)];
    for (features, label) in rows.iter() {
        sums[0] += 1;
        sums[1] += i64::from(label);
        for ((raw, range), moments) in features
            .iter()
            .zip(&ranges)
            .zip(sums[2..].chunks_exact_mut(3))
        {
            if is_missing(*raw) {
                continue;
            }
            let unit = range.to_unit(*raw);
            moments[0] += 1;
            moments[1] += quantise(unit, MOMENT_FRACTION_BITS, MOMENT_ONE);
            moments[2] += quantise(unit * unit, MOMENT_FRACTION_BITS, MOMENT_ONE);
        }
    }
    sums
}

pub(super) fn absorb(plan: &LogisticPlan, total: &[i64]) -> Result<Scaling, AbsorbError> {
    let (rows, positives) = (total[0], total[1]);
    check_count(0, rows, i64::MAX)?;
    check_count(1, positives, rows)?;
    let mut features = Vec::with_capacity(plan.features.len());
    for (index, (feature, moments)) in plan
        .features
        .iter()
        .zip(total[2..].chunks_exact(3))
        .enumerate()
    {
        check_count(2 + 3 * index, moments[0], rows)?;
        features.push(UnitRange::of(feature).standardisation(feature.transform, moments));
    }
    Ok(Scaling {
        rows,
        positives,
        features,
    })
}

fn check_count(coordinate: usize, count: i64, at_most: i64) -> Result<(), AbsorbError> {
    if (0..=at_most).contains(&count) {
        Ok(())
    } else {
        Err(AbsorbError::Impossible {
            coordinate,
            reason: "a count is negative or larger than the number of rows",
        })
    }
}

/// The plan's range of a feature after its transform, mapped onto [−1, 1].
struct UnitRange {
    transform: Transform,
    lowest: f64,
    highest: f64,
    middle: f64,
    half_width: f64,
}

impl UnitRange {
    fn of(feature: &FeaturePlan) -> Self {
        let lowest = feature.transform.apply(feature.lowest);
        let highest = feature.transform.apply(feature.highest);
        let half_width = (highest - lowest) / 2.0;
        Self {
            transform: feature.transform,
            lowest,
            highest,
            middle: lowest + half_width,
            half_width,
        }
    }

    fn to_unit(&self, raw: f64) -> f64 {
        (self.transform.apply(raw).clamp(self.lowest, self.highest) - self.middle) / self.half_width
    }

    /// `moments`: how many, Σu and Σu², the latter two in fixed point.
    fn standardisation(&self, transform: Transform, moments: &[i64]) -> Standardisation {
        let (count, sum, squares) = (
            i128::from(moments[0]),
            i128::from(moments[1]),
            i128::from(moments[2]),
        );
        // n·Σu² − (Σu)² in integers: no cancellation. Rounding can leave the spread of a constant feature slightly
        // off zero; below one unit of the last place per row it is taken for none.
        let spread = count * squares * i128::from(MOMENT_ONE) - sum * sum;
        if count == 0 || spread <= count * count * i128::from(MOMENT_ONE) {
            return Standardisation {
                transform,
                mean: self.middle,
                inverse_deviation: 0.0,
                lowest: 0.0,
                highest: 0.0,
            };
        }
        let unit_mean = sum as f64 / (count as f64 * MOMENT_ONE as f64);
        let unit_variance =
            spread as f64 / (count as f64 * count as f64 * MOMENT_ONE as f64 * MOMENT_ONE as f64);
        let mean = self.middle + self.half_width * unit_mean;
        let inverse_deviation = 1.0 / (self.half_width * unit_variance.sqrt());
        Standardisation {
            transform,
            mean,
            inverse_deviation,
            lowest: ((self.lowest - mean) * inverse_deviation).max(-CLIP),
            highest: ((self.highest - mean) * inverse_deviation).min(CLIP),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::MISSING;

    fn standardise(feature: FeaturePlan, values: &[f64]) -> Standardisation {
        let plan = LogisticPlan::new(vec![feature]);
        let mut rows = TrainingRows::new(1);
        for (id, value) in values.iter().enumerate() {
            rows.push(id as u64, &[*value], false).expect("finite");
        }
        let total = answer(&plan, &rows);
        absorb(&plan, &total).expect("possible").features[0]
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_present_values() {
        let scale = standardise(
            FeaturePlan::within("x", -100.0, 100.0),
            &[2.0, MISSING, 4.0, 6.0, 8.0],
        );
        assert!((scale.mean - 5.0).abs() < 1e-6);
        assert!((1.0 / scale.inverse_deviation - 5f64.sqrt()).abs() < 1e-5);
        assert_eq!(scale.apply(MISSING), None);
        assert!(scale.apply(5.0).expect("present").abs() < 1e-6);
        assert_eq!(scale.apply(1e9), Some(CLIP));
        assert_eq!(scale.apply(f64::INFINITY), Some(CLIP));
    }

    #[test]
    fn one_enormous_amount_leaves_the_others_distinguishable() {
        let mut amounts: Vec<f64> = (1..1000).map(f64::from).collect();
        amounts.push(1e11);
        let raw = standardise(FeaturePlan::within("amount", 0.0, 1e12), &amounts);
        let logarithmic = standardise(FeaturePlan::heavy_tailed("amount"), &amounts);
        let distance = |scale: Standardisation| {
            scale.apply(900.0).expect("present") - scale.apply(100.0).expect("present")
        };
        assert!(distance(raw) < 1e-3);
        assert!(distance(logarithmic) > 1.0);
    }

    #[test]
    fn a_constant_or_absent_feature_is_switched_off() {
        for values in [vec![0.3; 50], vec![MISSING; 3], vec![]] {
            let scale = standardise(FeaturePlan::share("x"), &values);
            assert_eq!(scale.inverse_deviation, 0.0);
            assert_eq!(scale.apply(0.9), Some(0.0));
            assert_eq!(scale.apply(f64::INFINITY), Some(0.0));
        }
    }

    #[test]
    fn counts_that_no_rows_can_give_are_refused() {
        let plan = LogisticPlan::new(vec![FeaturePlan::share("x")]);
        for (coordinate, total) in [
            (0, [-1, 0, 0, 0, 0]),
            (1, [3, 4, 0, 0, 0]),
            (2, [3, 1, 4, 0, 0]),
        ] {
            let refused = absorb(&plan, &total);
            assert!(
                matches!(refused, Err(AbsorbError::Impossible { coordinate: at, .. }) if at == coordinate)
            );
        }
    }
}
