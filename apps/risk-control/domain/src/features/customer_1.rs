//! The feature set `customer-1`: the customer's own purchases. Events of version 1 hold it.

use accord_learning::MISSING;

use super::{
    Feature,
    FeatureUnit::{Count, Flag, Money, Ratio, Seconds},
    Values,
    calendar::{is_night, is_weekend},
    feature,
};
use crate::history::{CustomerHistory, MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR};

pub const NAME: &str = "customer-1";
pub const COUNT: usize = 13;

const DAY_US: i64 = MICROSECONDS_PER_DAY;

pub const FEATURES: [Feature; COUNT] = [
    feature("amount", "Amount", Money),
    feature("is_weekend", "On a weekend", Flag),
    feature("is_night", "Between midnight and 7 o'clock", Flag),
    feature(
        "customer_count_1_hour",
        "Customer's transactions in an hour",
        Count,
    ),
    feature(
        "customer_count_1_day",
        "Customer's transactions in a day",
        Count,
    ),
    feature(
        "customer_mean_1_day",
        "Customer's mean amount over a day",
        Money,
    ),
    feature(
        "customer_count_7_days",
        "Customer's transactions in 7 days",
        Count,
    ),
    feature(
        "customer_mean_7_days",
        "Customer's mean amount over 7 days",
        Money,
    ),
    feature(
        "customer_count_30_days",
        "Customer's transactions in 30 days",
        Count,
    ),
    feature(
        "customer_mean_30_days",
        "Customer's mean amount over 30 days",
        Money,
    ),
    feature(
        "seconds_since_previous",
        "Time since the customer's previous transaction",
        Seconds,
    ),
    feature(
        "amount_to_mean_30_days",
        "Amount against the customer's earlier 30-day mean",
        Ratio,
    ),
    feature(
        "amount_to_maximum_30_days",
        "Amount against the customer's earlier 30-day maximum",
        Ratio,
    ),
];

/// Windows include the transaction itself; ratios look at earlier ones.
pub fn compute(history: Option<&CustomerHistory>, at_us: i64, amount_minor: i64) -> Values<COUNT> {
    let [hour, day, week, month] = history.map_or_else(Default::default, |history| {
        history.totals(
            at_us,
            [MICROSECONDS_PER_HOUR, DAY_US, 7 * DAY_US, 30 * DAY_US],
        )
    });
    let amount = amount_minor as f64;
    let flag = |value: bool| f64::from(u8::from(value));
    let count_with_this = |count: u64| (count + 1) as f64;
    let mean_with_this = |count: u64, sum: i64| (sum + amount_minor) as f64 / (count + 1) as f64;
    let previous = history.and_then(|history| history.previous_us(at_us));
    let ratio_to = |base: Option<f64>| {
        base.filter(|base| *base > 0.0)
            .map_or(MISSING, |base| amount / base)
    };
    let maximum = (month.count > 0).then_some(month.amount_max as f64);
    Values([
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
