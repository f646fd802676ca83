//! When the bank learns of a fraud.
//!
//! The handbook has no such times: its protocol takes every label as known after seven days. A bank
//! learns case by case, so each fraud gets a delay of its own: one day plus an exponential time of
//! scale five days, cut off at thirteen. That is between 1 and 14 days, 4.96 days on average,
//! 4.1 days in the middle; three frauds in four are known after a week. The delay does not
//! depend on the scenario or the amount. Experiments that follow the handbook's protocol ignore it.

use accord_random_stream::RandomStream;

use crate::purpose::Purpose;
use crate::settings::{MICROSECONDS_PER_SECOND, SECONDS_PER_DAY};

/// No fraud is reported later than this many days after it happened.
pub(crate) const LONGEST_DELAY_DAYS: u32 = 14;

/// Time from the fraud to its report in microseconds, whole seconds.
///
/// `position` is that of the purchase among the customer's purchases of the day.
pub(crate) fn report_delay(seed: u64, customer: u32, day: u32, position: u16) -> i64 {
    let subject = u64::from(customer) << 32 | u64::from(position);
    let mut stream = RandomStream::new(seed, Purpose::ReportDelay, subject, day);
    let days = SHORTEST_DELAY_DAYS + truncated_exponential(stream.unit());
    (days * SECONDS_PER_DAY as f64) as i64 * MICROSECONDS_PER_SECOND
}

/// Inverse of the distribution function of an exponential time that is below `TRUNCATION_DAYS`.
fn truncated_exponential(probability: f64) -> f64 {
    let reached = 1.0 - libm::exp(-TRUNCATION_DAYS / SCALE_DAYS);
    -SCALE_DAYS * libm::log(1.0 - probability * reached)
}

const SHORTEST_DELAY_DAYS: f64 = 1.0;
const SCALE_DAYS: f64 = 5.0;
const TRUNCATION_DAYS: f64 = LONGEST_DELAY_DAYS as f64 - SHORTEST_DELAY_DAYS;
