//! What the time of the year and a trend do to demand.

use accord_random_stream::RandomStream;

use crate::{departments::Department, purpose::Purpose, settings::MICROSECONDS_PER_DAY};

/// Days that a trend lasts.
const TREND_DAYS: u32 = 21;
/// One in so many products is in fashion at a time.
const TREND_ONE_IN: f64 = 30.0;
const DAYS_PER_YEAR: f64 = 365.25;

/// Demand of a department on a day, around 1.
pub(crate) fn season(department: &Department, starts_at_us: i64, day: u32) -> f64 {
    let day_since_1970 = (starts_at_us / MICROSECONDS_PER_DAY) as f64 + f64::from(day);
    let from_peak = (day_since_1970 - f64::from(department.peak_day)) / DAYS_PER_YEAR;
    1.0 + department.swing * libm::cos(std::f64::consts::TAU * from_peak)
}

/// Whether a product is in fashion on a day.
pub(crate) fn is_in_fashion(seed: u64, product: u32, day: u32) -> bool {
    let mut stream = RandomStream::new(seed, Purpose::Trend, product.into(), day / TREND_DAYS);
    stream.unit() * TREND_ONE_IN < 1.0
}
