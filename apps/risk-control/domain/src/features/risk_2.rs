//! The feature set `risk-2`: the customer's habits, and what is known of the card, the device, the network address and
//! the terminal, confirmed frauds included.
//!
//! The customer's counts and means are those of the *Fraud Detection Handbook* (chapter 3), as are the terminal's
//! delayed counts; the rest is what its simulated data reward beyond them and what a bank would look at.

use accord_learning::MISSING;

use super::{
    Feature,
    FeatureUnit::{Count, Flag, Money, Ratio, Seconds},
    Values,
    calendar::{is_night, is_weekend},
    feature,
};
use crate::{
    entities::EntitySummaries,
    history::{CustomerHistory, MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR, WindowTotals},
    ids::{EntityKey, text_hash},
    transaction::Transaction,
};

pub const NAME: &str = "risk-2";
pub const COUNT: usize = 37;

const DAY_US: i64 = MICROSECONDS_PER_DAY;
/// Beyond 30 days an age tells nothing but how long the log is, which a model must not learn.
const AGE_MAX_SECONDS: f64 = 30.0 * 86_400.0;

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
        "amount_to_median_30_days",
        "Amount against the customer's earlier 30-day median",
        Ratio,
    ),
    feature(
        "amount_to_quantile_90_30_days",
        "Amount against the amount that nine in ten of the customer's earlier 30 days do not exceed",
        Ratio,
    ),
    feature(
        "amount_to_maximum_30_days",
        "Amount against the customer's earlier 30-day maximum",
        Ratio,
    ),
    feature(
        "customer_above_2_medians_14_days",
        "Customer's earlier amounts above twice the median in 14 days",
        Count,
    ),
    feature(
        "customer_above_3_medians_14_days",
        "Customer's earlier amounts above three times the median in 14 days",
        Count,
    ),
    feature(
        "customer_frauds_30_days",
        "Customer's frauds confirmed within 30 days",
        Count,
    ),
    feature("card_count_1_hour", "Card's transactions in an hour", Count),
    feature("card_amount_1_day", "Amount on the card in a day", Money),
    feature(
        "seconds_since_card_first",
        "Time since the card's first transaction, at most 30 days",
        Seconds,
    ),
    feature(
        "device_is_new",
        "A device that the customer had not used",
        Flag,
    ),
    feature(
        "device_other_customers_7_days",
        "Other customers on the device within 7 days",
        Count,
    ),
    feature(
        "device_frauds_30_days",
        "Frauds confirmed on the device within 30 days",
        Count,
    ),
    feature(
        "address_count_1_hour",
        "Transactions from the network address in an hour",
        Count,
    ),
    feature(
        "address_other_customers_1_day",
        "Other customers at the network address within a day",
        Count,
    ),
    feature(
        "terminal_is_new",
        "A terminal where the customer had not purchased",
        Flag,
    ),
    feature(
        "terminal_count_1_day",
        "Terminal's transactions in a day",
        Count,
    ),
    feature(
        "terminal_delayed_count_7_days",
        "Terminal's transactions in the 7 days that ended a week ago",
        Count,
    ),
    feature(
        "terminal_delayed_count_30_days",
        "Terminal's transactions in the 30 days that ended a week ago",
        Count,
    ),
    feature(
        "terminal_frauds_7_days",
        "Terminal's frauds confirmed within 7 days",
        Count,
    ),
    feature(
        "terminal_frauds_30_days",
        "Terminal's frauds confirmed within 30 days",
        Count,
    ),
    feature(
        "terminal_fraud_share_30_days",
        "Terminal's frauds confirmed within 30 days against the transactions of the 30 days that ended a week ago",
        Ratio,
    ),
    feature(
        "seconds_since_terminal_fraud_last",
        "Time since the terminal's last fraud that is known",
        Seconds,
    ),
    feature(
        "seconds_since_terminal_fraud_first",
        "Time since the terminal's first fraud confirmed within 30 days",
        Seconds,
    ),
    feature(
        "terminal_fraud_run",
        "Terminal's last frauds without another transaction between or after them",
        Count,
    ),
    feature(
        "seconds_since_terminal_fraud_run",
        "Time since the first of these frauds",
        Seconds,
    ),
    feature(
        "seconds_since_terminal_first",
        "Time since the terminal's first transaction, at most 30 days",
        Seconds,
    ),
];

pub fn compute(
    history: Option<&CustomerHistory>,
    entities: &EntitySummaries,
    transaction: &Transaction,
) -> Values<COUNT> {
    let (at_us, amount_minor) = (transaction.occurred_at_us, transaction.amount_minor);
    let amount = amount_minor as f64;
    let [hour, day, week, month] = history.map_or_else(Default::default, |history| {
        history.totals(
            at_us,
            [MICROSECONDS_PER_HOUR, DAY_US, 7 * DAY_US, 30 * DAY_US],
        )
    });
    let amounts = history
        .map(|history| history.amounts(at_us, 30 * DAY_US))
        .unwrap_or_default();
    let median = amounts.quantile(500);
    let above = |medians: f64| match (history, median) {
        (Some(history), Some(median)) => {
            count(history.count_above(at_us, 14 * DAY_US, medians * median as f64))
        }
        _ => 0.0,
    };
    let since = |earlier_us: Option<i64>| {
        earlier_us.map_or(MISSING, |earlier| {
            (at_us.saturating_sub(earlier) / 1_000_000) as f64
        })
    };
    let age = |first_us: Option<i64>| since(first_us).min(AGE_MAX_SECONDS);
    let with_this = |totals: WindowTotals| count(totals.count + 1);
    let mean_with_this = |totals: WindowTotals| {
        ((totals.amount_sum + amount_minor) as f64 / (totals.count + 1) as f64).round()
    };
    let ratio_to = |base: Option<i64>| ratio(amount, base.map_or(0.0, |base| base as f64));
    // What a transaction does not name cannot be told.
    let of = |key: Option<EntityKey>, value: f64| key.map_or(MISSING, |_| value);
    let frauds_30_days =
        history.map_or(0, |history| history.frauds.known_within(at_us, 30 * DAY_US));
    let new_device = transaction.device.map(|device| {
        history.is_none_or(|history| history.devices.first_us(device.number(), at_us).is_none())
    });
    let terminal_key = text_hash(&transaction.terminal_id);
    let new_terminal =
        history.is_none_or(|history| history.terminals.first_us(terminal_key, at_us).is_none());
    let EntitySummaries {
        terminal,
        card,
        device,
        address,
    } = entities;
    let run = terminal.fraud_run;
    Values([
        amount,
        flag(is_weekend(at_us)),
        flag(is_night(at_us)),
        with_this(hour),
        with_this(day),
        mean_with_this(day),
        with_this(week),
        mean_with_this(week),
        with_this(month),
        mean_with_this(month),
        since(history.and_then(|history| history.previous_us(at_us))),
        ratio_to(median),
        ratio_to(amounts.quantile(900)),
        ratio_to(amounts.quantile(1_000)),
        above(2.0),
        above(3.0),
        count(frauds_30_days),
        of(transaction.card, count(card.count_1_hour + 1)),
        of(transaction.card, (card.amount_1_day + amount_minor) as f64),
        age(card.first_us),
        new_device.map_or(MISSING, flag),
        of(transaction.device, count(device.other_customers_7_days)),
        of(transaction.device, count(device.frauds_30_days)),
        of(transaction.address, count(address.count_1_hour + 1)),
        of(transaction.address, count(address.other_customers_1_day)),
        flag(new_terminal),
        count(terminal.count_1_day + 1),
        count(terminal.delayed_count_7_days),
        count(terminal.delayed_count_30_days),
        count(terminal.frauds_7_days),
        count(terminal.frauds_30_days),
        share(terminal.frauds_30_days, terminal.delayed_count_30_days),
        since(run.map(|run| run.last_us)),
        since(run.map(|run| run.first_us)),
        run.map_or(0.0, |run| count(run.length)),
        since(run.and_then(|run| run.run_first_us)),
        age(terminal.first_us),
    ])
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn count(number: u64) -> f64 {
    number as f64
}

/// Rounded to a thousandth; missing where there is nothing to compare with.
fn ratio(value: f64, base: f64) -> f64 {
    if base > 0.0 {
        (value / base * 1e3).round() / 1e3
    } else {
        MISSING
    }
}

/// Frauds that became known within a window over the transactions that the window reports on; at most 1, because early
/// reports may come from transactions that lie after them. 0 where there is nothing.
fn share(frauds: u64, transactions: u64) -> f64 {
    let share = frauds as f64 / transactions.max(frauds).max(1) as f64;
    (share * 1e4).round() / 1e4
}
