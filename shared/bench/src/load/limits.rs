//! What a run may be asked for: everything is bounded in count and in time.

use std::fmt::{Debug, Display};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::LoadError;

/// The most connections that one run opens. Each takes a file descriptor, and another one in the
/// server; those that the process's limit does not allow show as failures to connect.
pub const CONNECTIONS_MAX: usize = 4_096;

/// The most requests that one run sends.
pub const REQUESTS_MAX: u64 = 100_000_000;

/// The longest that a run may be asked to take: warm-up, measured time and draining together.
pub const RUN_MAX: Duration = Duration::from_secs(3_600);

/// The longest that an answer may be waited for.
pub const RESPONSE_TIME_LIMIT_MAX: Duration = Duration::from_secs(60);

/// The highest arrival rate of an open loop, in requests per second.
pub const RATE_MAX: u32 = 1_000_000;

pub(super) fn check_connections(connections: usize) -> Result<(), LoadError> {
    within("connections", connections, 1..=CONNECTIONS_MAX)
}

pub(super) fn check_requests(setting: &'static str, requests: u64) -> Result<(), LoadError> {
    within(setting, requests, 1..=REQUESTS_MAX)
}

pub(super) fn check_rate(rate_per_second: u32) -> Result<(), LoadError> {
    within("rate_per_second", rate_per_second, 1..=RATE_MAX)
}

pub(super) fn check_response_time_limit(limit: Duration) -> Result<(), LoadError> {
    let shortest = Duration::from_millis(1);
    within(
        "response_time_limit",
        Span(limit),
        Span(shortest)..=Span(RESPONSE_TIME_LIMIT_MAX),
    )
}

/// The parts of a run's time, added up without overflow.
pub(super) fn check_run_time(parts: &[Duration]) -> Result<(), LoadError> {
    let total = parts
        .iter()
        .fold(Duration::ZERO, |total, part| total.saturating_add(*part));
    within(
        "the run's whole time",
        Span(total),
        Span(Duration::ZERO)..=Span(RUN_MAX),
    )
}

fn within<T: PartialOrd + Display>(
    setting: &'static str,
    given: T,
    allowed: RangeInclusive<T>,
) -> Result<(), LoadError> {
    if allowed.contains(&given) {
        return Ok(());
    }
    Err(LoadError::OutOfBounds {
        setting,
        allowed: format!("{} to {}", allowed.start(), allowed.end()),
        given: given.to_string(),
    })
}

/// A duration as people write it, such as `1.5s`.
#[derive(PartialEq, PartialOrd)]
struct Span(Duration);

impl Display for Span {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Debug::fmt(&self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_themselves_are_accepted_and_a_step_beyond_is_not() {
        assert!(check_connections(1).is_ok());
        assert!(check_connections(CONNECTIONS_MAX).is_ok());
        assert!(check_connections(0).is_err());
        assert!(check_connections(CONNECTIONS_MAX + 1).is_err());
        assert!(check_requests("requests_max", REQUESTS_MAX).is_ok());
        assert!(check_requests("requests_max", REQUESTS_MAX + 1).is_err());
        assert!(check_rate(RATE_MAX).is_ok());
        assert!(check_rate(0).is_err());
        assert!(check_response_time_limit(RESPONSE_TIME_LIMIT_MAX).is_ok());
        assert!(check_response_time_limit(Duration::ZERO).is_err());
        assert!(check_run_time(&[RUN_MAX, Duration::ZERO]).is_ok());
        assert!(check_run_time(&[Duration::MAX, Duration::MAX]).is_err());
    }

    #[test]
    fn a_refusal_says_what_would_be_accepted() {
        let refusal = check_response_time_limit(Duration::from_secs(61)).expect_err("too long");
        assert_eq!(
            refusal.to_string(),
            "response_time_limit must be 1ms to 60s, not 61s"
        );
    }
}
