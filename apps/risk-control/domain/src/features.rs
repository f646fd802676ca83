//! The features of one transaction, as known at its own time.
//!
//! Positional, in the order of [`FEATURES`]; the order is part of the feature set's name and never changes within it.
//! All windows end at the transaction and include it.

use accord_learning::{MISSING, logistic::FeaturePlan};
use serde::{Deserialize, Serialize};

use crate::history::{CustomerHistory, MICROSECONDS_PER_DAY};

pub const FEATURE_COUNT: usize = 13;
/// Name of this feature set; a model says which one it was trained on.
pub const FEATURE_SET: &str = "customer-1";

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = MICROSECONDS_PER_DAY;

/// How a feature's number is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureUnit {
    /// Minor units of the currency.
    Money,
    Flag,
    Count,
    Seconds,
    Ratio,
}

/// What a feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Feature {
    pub name: &'static str,
    pub title: &'static str,
    pub unit: FeatureUnit,
}

const fn feature(name: &'static str, title: &'static str, unit: FeatureUnit) -> Feature {
    Feature { name, title, unit }
}

/// All features, in the order in which events store them.
pub const FEATURES: [Feature; FEATURE_COUNT] = [
    feature("amount", "Amount", FeatureUnit::Money),
    feature("is_weekend", "On a weekend", FeatureUnit::Flag),
    feature(
        "is_night",
        "Between midnight and 7 o'clock",
        FeatureUnit::Flag,
    ),
    feature(
        "customer_count_1_hour",
        "Customer's transactions in an hour",
        FeatureUnit::Count,
    ),
    feature(
        "customer_count_1_day",
        "Customer's transactions in a day",
        FeatureUnit::Count,
    ),
    feature(
        "customer_mean_1_day",
        "Customer's mean amount over a day",
        FeatureUnit::Money,
    ),
    feature(
        "customer_count_7_days",
        "Customer's transactions in 7 days",
        FeatureUnit::Count,
    ),
    feature(
        "customer_mean_7_days",
        "Customer's mean amount over 7 days",
        FeatureUnit::Money,
    ),
    feature(
        "customer_count_30_days",
        "Customer's transactions in 30 days",
        FeatureUnit::Count,
    ),
    feature(
        "customer_mean_30_days",
        "Customer's mean amount over 30 days",
        FeatureUnit::Money,
    ),
    feature(
        "seconds_since_previous",
        "Time since the customer's previous transaction",
        FeatureUnit::Seconds,
    ),
    feature(
        "amount_to_mean_30_days",
        "Amount against the customer's earlier 30-day mean",
        FeatureUnit::Ratio,
    ),
    feature(
        "amount_to_maximum_30_days",
        "Amount against the customer's earlier 30-day maximum",
        FeatureUnit::Ratio,
    ),
];

/// Feature values of one transaction. A value that cannot be told is [`MISSING`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Features(pub [f64; FEATURE_COUNT]);

impl Features {
    /// Features of a purchase of `amount_minor` at `at_us`, given everything known of its customer before it.
    pub fn of(history: Option<&CustomerHistory>, at_us: i64, amount_minor: i64) -> Self {
        let [hour, day, week, month] = history.map_or_else(Default::default, |history| {
            history.totals(at_us, [HOUR_US, DAY_US, 7 * DAY_US, 30 * DAY_US])
        });
        let amount = amount_minor as f64;
        let count_with_this = |count: u64| (count + 1) as f64;
        let mean_with_this =
            |count: u64, sum: i64| (sum + amount_minor) as f64 / (count + 1) as f64;
        let previous = history.and_then(|history| history.previous_us(at_us));
        let ratio_to = |base: Option<f64>| {
            base.filter(|base| *base > 0.0)
                .map_or(MISSING, |base| amount / base)
        };
        let maximum = (month.count > 0).then_some(month.amount_max as f64);
        Self([
            amount,
            flag(is_weekend(at_us)),
            flag(is_night(at_us)),
            count_with_this(hour.count),
            count_with_this(day.count),
            mean_with_this(day.count, day.amount_sum),
            count_with_this(week.count),
            mean_with_this(week.count, week.amount_sum),
            count_with_this(month.count),
            mean_with_this(month.count, month.amount_sum),
            previous.map_or(MISSING, |previous| {
                (at_us.saturating_sub(previous) / 1_000_000) as f64
            }),
            ratio_to(month.mean()),
            ratio_to(maximum),
        ])
    }
}

/// How a logistic regression reads each feature.
pub fn feature_plans() -> Vec<FeaturePlan> {
    FEATURES
        .iter()
        .map(|feature| match feature.unit {
            FeatureUnit::Flag => FeaturePlan::share(feature.name),
            FeatureUnit::Money | FeatureUnit::Count => FeaturePlan::heavy_tailed(feature.name),
            FeatureUnit::Seconds | FeatureUnit::Ratio => {
                FeaturePlan::heavy_tailed(feature.name).with_missing_indicator()
            }
        })
        .collect()
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

/// Saturday or Sunday, in UTC. 1970-01-01 was a Thursday.
fn is_weekend(at_us: i64) -> bool {
    matches!(at_us.div_euclid(DAY_US).rem_euclid(7), 2 | 3)
}

/// Hour of day at most 6, in UTC, as the handbook defines night.
fn is_night(at_us: i64) -> bool {
    at_us.rem_euclid(DAY_US) / HOUR_US <= 6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Purchase;

    /// Sunday 2018-04-01 12:00 UTC.
    const NOON: i64 = 1_522_584_000_000_000;

    fn value(features: &Features, name: &str) -> f64 {
        let index = FEATURES
            .iter()
            .position(|feature| feature.name == name)
            .unwrap();
        features.0[index]
    }

    #[test]
    fn a_first_transaction_knows_only_itself() {
        let features = Features::of(None, NOON, 2_500);
        assert_eq!(value(&features, "customer_count_30_days"), 1.0);
        assert_eq!(value(&features, "customer_mean_7_days"), 2_500.0);
        assert_eq!(value(&features, "seconds_since_previous"), MISSING);
        assert_eq!(value(&features, "amount_to_mean_30_days"), MISSING);
        assert_eq!(value(&features, "is_weekend"), 1.0);
        assert_eq!(value(&features, "is_night"), 0.0);
    }

    #[test]
    fn windows_include_the_transaction_and_ratios_look_at_earlier_ones() {
        let mut history = CustomerHistory::default();
        for (at_us, amount_minor) in [
            (NOON - 20 * DAY_US, 1_000),
            (NOON - 2 * HOUR_US, 3_000),
            (NOON - 60_000_000, 2_000),
        ] {
            history.add(Purchase {
                at_us,
                amount_minor,
            });
        }
        let features = Features::of(Some(&history), NOON, 8_000);
        assert_eq!(value(&features, "customer_count_1_hour"), 2.0);
        assert_eq!(value(&features, "customer_count_1_day"), 3.0);
        assert_eq!(value(&features, "customer_mean_1_day"), 13_000.0 / 3.0);
        assert_eq!(value(&features, "customer_count_30_days"), 4.0);
        assert_eq!(value(&features, "seconds_since_previous"), 60.0);
        assert_eq!(value(&features, "amount_to_mean_30_days"), 4.0);
        assert_eq!(
            value(&features, "amount_to_maximum_30_days"),
            8_000.0 / 3_000.0
        );
    }

    #[test]
    fn nights_and_weekends_are_told_by_the_calendar() {
        assert!(is_weekend(NOON) && is_weekend(NOON - DAY_US));
        assert!(!is_weekend(NOON + DAY_US) && !is_weekend(NOON - 2 * DAY_US));
        assert!(is_night(NOON - 12 * HOUR_US) && is_night(NOON - 6 * HOUR_US));
        assert!(!is_night(NOON - 5 * HOUR_US) && !is_night(NOON + 11 * HOUR_US));
        assert!(is_weekend(-5 * DAY_US), "before 1970: Saturday 1969-12-27");
    }
}
