//! Which terminals and customers are compromised from which day.
//!
//! The draw of a day depends on the seed and the day only, so that all banks of a network see the
//! same terminals compromised, and no history is needed to know a day's state.

use std::ops::RangeInclusive;

use accord_random_stream::RandomStream;

use crate::purpose::Purpose;
use crate::settings::SimulationSettings;

/// Terminals whose compromise begins on `day`.
pub(crate) fn terminals_from(settings: &SimulationSettings, day: u32) -> Vec<u32> {
    RandomStream::new(settings.seed, Purpose::CompromisedTerminals, 0, day)
        .distinct_below(settings.terminals, settings.fraud.terminals_per_day)
}

/// Customers whose compromise begins on `day`.
///
/// Every customer is equally likely, so that in a network each bank is hit in proportion to its
/// number of customers.
pub(crate) fn customers_from(settings: &SimulationSettings, day: u32) -> Vec<u32> {
    RandomStream::new(settings.seed, Purpose::CompromisedCustomers, 0, day)
        .distinct_below(settings.customers(), settings.fraud.customers_per_day)
}

/// Terminals compromised during `day`, ascending, whenever in the last weeks it began.
pub(crate) fn terminals_during(settings: &SimulationSettings, day: u32) -> Vec<u32> {
    let mut terminals: Vec<u32> = starts_reaching(day, settings.fraud.terminal_days)
        .flat_map(|start| terminals_from(settings, start))
        .collect();
    terminals.sort_unstable();
    terminals.dedup();
    terminals
}

/// Compromises of customers under way during `day`, as (customer, first day).
///
/// A customer can be compromised again before the first time has run out; both count.
pub(crate) fn customers_during(
    settings: &SimulationSettings,
    day: u32,
) -> impl Iterator<Item = (u32, u32)> {
    starts_reaching(day, settings.fraud.customer_days).flat_map(move |start| {
        customers_from(settings, start)
            .into_iter()
            .map(move |customer| (customer, start))
    })
}

/// First days of the compromises of `length` days that are still under way during `day`.
///
/// Nothing is compromised before day 0, so the share of fraud rises in the first weeks.
fn starts_reaching(day: u32, length: u32) -> RangeInclusive<u32> {
    match length {
        // No day at all: a range from 1 to 0 is empty.
        0 => RangeInclusive::new(1, 0),
        _ => (day + 1).saturating_sub(length)..=day,
    }
}
