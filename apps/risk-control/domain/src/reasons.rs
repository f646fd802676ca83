//! Reasons in words: the features that spoke most for fraud.

use serde::Serialize;

use accord_learning::is_missing;

use crate::features::{FeatureUnit, Features};

/// Reasons given with a decision.
const REASONS_MAX: usize = 3;
/// A contribution below this many log-odds is not worth a reason.
const CONTRIBUTION_MIN: f64 = 0.1;

/// One reason, readable by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// The feature's name.
    pub feature: &'static str,
    pub text: String,
}

/// Indexes of the features that contributed most, strongest first.
pub fn reasons(contributions: &[f64]) -> Vec<u8> {
    let mut order: Vec<u8> = (0_u8..)
        .zip(contributions)
        .filter(|(_, contribution)| **contribution >= CONTRIBUTION_MIN)
        .map(|(index, _)| index)
        .collect();
    order.sort_by(|left, right| {
        let of = |index: &u8| contributions[usize::from(*index)];
        of(right).total_cmp(&of(left)).then(left.cmp(right))
    });
    order.truncate(REASONS_MAX);
    order
}

impl Reason {
    /// The reason that a stored index stands for; `None` for an index that this feature set has not.
    pub fn new(index: u8, features: &Features, currency: &str) -> Option<Self> {
        let (feature, value) = features.iter().nth(usize::from(index))?;
        let text = if is_missing(value) {
            format!("{}: nothing to compare with yet", feature.title)
        } else {
            match feature.unit {
                FeatureUnit::Flag if value > 0.5 => feature.title.to_owned(),
                FeatureUnit::Flag => format!("{}: no", feature.title),
                FeatureUnit::Money => {
                    format!("{}: {:.2} {currency}", feature.title, value / 100.0)
                }
                FeatureUnit::Count => format!("{}: {value:.0}", feature.title),
                FeatureUnit::Seconds => format!("{}: {}", feature.title, duration(value)),
                FeatureUnit::Ratio => format!("{}: {value:.1} times", feature.title),
            }
        };
        Some(Self {
            feature: feature.name,
            text,
        })
    }
}

fn duration(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.0} seconds")
    } else if seconds < 7_200.0 {
        format!("{:.0} minutes", seconds / 60.0)
    } else if seconds < 172_800.0 {
        format!("{:.0} hours", seconds / 3_600.0)
    } else {
        format!("{:.0} days", seconds / 86_400.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Values;

    #[test]
    fn the_strongest_contributions_come_first_and_weak_ones_not_at_all() {
        let mut contributions = [0.0; 13];
        contributions[4] = 0.5;
        contributions[0] = 2.0;
        contributions[7] = 0.5;
        contributions[9] = 0.05;
        contributions[10] = -3.0;
        contributions[11] = 0.2;
        assert_eq!(reasons(&contributions), [0, 4, 7]);
        assert_eq!(reasons(&[0.0; 13]), [0_u8; 0]);
    }

    #[test]
    fn a_reason_names_the_value_in_the_feature_s_own_unit() {
        let mut values = [0.0; _];
        values[0] = 123_456.0;
        values[10] = 45.0;
        values[11] = 4.24;
        let features = Features::Customer1(Values(values));
        let text = |index| Reason::new(index, &features, "EUR").unwrap().text;
        assert_eq!(text(0), "Amount: 1234.56 EUR");
        assert_eq!(
            text(10),
            "Time since the customer's previous transaction: 45 seconds"
        );
        assert_eq!(
            text(11),
            "Amount against the customer's earlier 30-day mean: 4.2 times"
        );
        assert_eq!(Reason::new(200, &features, "EUR"), None);
    }
}
