//! What a customer buys on a day, before any fraud (handbook, section 3.4).

use crate::population::CustomerProfile;
use accord_random_stream::RandomStream;

use crate::purpose::Purpose;
use crate::settings::SECONDS_PER_DAY;

/// One purchase of a known customer on a known day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Purchase {
    /// Second of the day, strictly between 0 and 86,400.
    pub(crate) second: i64,
    pub(crate) amount_minor: i64,
    pub(crate) terminal: u32,
}

/// The customer's purchases of the day in the order they are drawn, which is not that of time.
///
/// A customer who reaches no terminal buys nothing.
pub(crate) fn purchases(
    seed: u64,
    customer: u32,
    day: u32,
    profile: &CustomerProfile,
    reachable_terminals: &[u32],
) -> impl Iterator<Item = Purchase> {
    let mut stream = RandomStream::new(seed, Purpose::Purchases, customer.into(), day);
    let attempts = match reachable_terminals {
        [] => 0,
        _ => stream.poisson(profile.transactions_per_day),
    };
    (0..attempts).filter_map(move |_| {
        let (time_deviation, amount_deviation) = stream.normal_pair();
        // The cast cuts towards zero, as the handbook's `int` does.
        let second = (MEAN_SECOND + SECOND_DEVIATION * time_deviation) as i64;
        if !(1..SECONDS_PER_DAY).contains(&second) {
            return None;
        }
        let drawn = profile.mean_amount + profile.amount_deviation * amount_deviation;
        let amount = if drawn < 0.0 {
            stream.uniform(0.0, 2.0 * profile.mean_amount)
        } else {
            drawn
        };
        let choice = stream.below(reachable_terminals.len() as u32);
        Some(Purchase {
            second,
            amount_minor: libm::rint(amount * 100.0) as i64,
            terminal: reachable_terminals[choice as usize],
        })
    })
}

/// Noon, around which the times of a day are spread.
const MEAN_SECOND: f64 = 43_200.0;

/// About one attempt in 32 falls outside of the day and is dropped, as in the handbook.
const SECOND_DEVIATION: f64 = 20_000.0;
