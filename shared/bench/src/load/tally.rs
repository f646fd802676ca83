//! Counting what comes back while a run is under way.

use std::time::Duration;

use tokio::time::Instant;

use crate::latency::LatencyHistogram;

use super::connection::Failure;
use super::{Answers, Failures, LoadReport, RequestSource, Response};

/// Counters and latencies of the requests that began in the measured time.
#[derive(Debug)]
pub(super) struct Tally {
    measured_from: Instant,
    last_finished: Instant,
    /// Every request, warm-up included: what the generator's own cost is spread over.
    exchanges: u64,
    answers: Answers,
    failures: Failures,
    latency: LatencyHistogram,
}

/// How one request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With an answer of this status.
    Answered(u16),
    /// With an answer that the source did not accept.
    CheckFailed,
    /// Without an answer.
    Failed(Failure),
}

impl Outcome {
    /// How an exchange on connection `index` ended, with `source` asked about its answer.
    pub(super) fn of(
        exchanged: Result<Response<'_>, Failure>,
        index: usize,
        source: &mut impl RequestSource,
    ) -> Self {
        match exchanged {
            Err(failure) => Self::Failed(failure),
            Ok(response) if source.check_response(index, response) => {
                Self::Answered(response.status)
            }
            Ok(_) => Self::CheckFailed,
        }
    }
}

impl Tally {
    /// Counts only requests that begin at `measured_from` or later.
    pub(super) fn new(measured_from: Instant) -> Self {
        Self {
            measured_from,
            last_finished: measured_from,
            exchanges: 0,
            answers: Answers::default(),
            failures: Failures::default(),
            latency: LatencyHistogram::new(),
        }
    }

    /// Whether a request that began then belongs to the measured time.
    pub(super) fn counts(&self, began: Instant) -> bool {
        began >= self.measured_from
    }

    /// Takes note of a request that began (or should have begun) at `began`.
    pub(super) fn record(&mut self, began: Instant, finished: Instant, outcome: Outcome) {
        self.exchanges += 1;
        if !self.counts(began) {
            return;
        }
        self.last_finished = self.last_finished.max(finished);
        match outcome {
            Outcome::Answered(status) => match status / 100 {
                2 => {
                    self.answers.success += 1;
                    self.latency.record(finished - began);
                }
                3 => self.answers.redirect += 1,
                4 => self.answers.client_error += 1,
                _ => self.answers.server_error += 1,
            },
            Outcome::CheckFailed => self.failures.check_failed += 1,
            Outcome::Failed(Failure::Connect) => self.failures.connect += 1,
            Outcome::Failed(Failure::Closed) => self.failures.closed += 1,
            Outcome::Failed(Failure::TimedOut) => self.failures.timed_out += 1,
            Outcome::Failed(Failure::Malformed) => self.failures.malformed += 1,
        }
    }

    /// Takes note of measured requests that were due and never sent.
    pub(super) fn record_never_sent(&mut self, count: u64) {
        self.failures.never_sent += count;
    }

    /// The figures so far. `elapsed_min` is the measured time as asked for: a run that answered its
    /// last request early was not faster than its arrivals.
    pub(super) fn report(
        &self,
        connections: usize,
        elapsed_min: Duration,
        generator_time: Option<Duration>,
    ) -> LoadReport {
        let elapsed = (self.last_finished - self.measured_from).max(elapsed_min);
        let elapsed_seconds = elapsed.as_secs_f64();
        let per_second = |count: u64| {
            let known = elapsed_seconds > 0.0;
            if known {
                count as f64 / elapsed_seconds
            } else {
                0.0
            }
        };
        LoadReport {
            connections,
            requests: self.answers.total() + self.failures.total(),
            answers: self.answers,
            failures: self.failures,
            elapsed_seconds,
            rate_per_second: per_second(self.answers.success),
            latency: self.latency.summary(),
            generator_us_per_request: generator_time
                .map(|time| time.as_secs_f64() * 1e6 / self.exchanges.max(1) as f64),
            open_loop: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn every_outcome_has_its_counter_and_only_success_its_latency() {
        let start = Instant::now();
        let mut tally = Tally::new(start);
        let outcomes = [
            Outcome::Answered(200),
            Outcome::Answered(204),
            Outcome::Answered(302),
            Outcome::Answered(429),
            Outcome::Answered(503),
            Outcome::CheckFailed,
            Outcome::Failed(Failure::Connect),
            Outcome::Failed(Failure::Closed),
            Outcome::Failed(Failure::TimedOut),
            Outcome::Failed(Failure::Malformed),
        ];
        for outcome in outcomes {
            tally.record(start, start + milliseconds(1), outcome);
        }
        tally.record_never_sent(3);
        let report = tally.report(1, Duration::ZERO, Some(milliseconds(1)));
        let answers = Answers {
            success: 2,
            redirect: 1,
            client_error: 1,
            server_error: 1,
        };
        let failures = Failures {
            connect: 1,
            closed: 1,
            timed_out: 1,
            malformed: 1,
            check_failed: 1,
            never_sent: 3,
        };
        assert_eq!((report.answers, report.failures), (answers, failures));
        assert_eq!(report.requests, 13);
        assert_eq!(report.latency.count, 2);
        assert_eq!(report.latency.p50_us, 1_000);
        assert_eq!(
            report.generator_us_per_request,
            Some(100.0),
            "1 ms over 10 requests"
        );
    }

    #[test]
    fn requests_of_the_warm_up_are_left_out_even_when_they_end_later() {
        let measured_from = Instant::now() + milliseconds(100);
        let mut tally = Tally::new(measured_from);
        let before = measured_from - milliseconds(1);
        let after = measured_from + milliseconds(1);
        tally.record(before, after, Outcome::Answered(200));
        tally.record(measured_from, after, Outcome::Answered(200));
        assert_eq!(tally.report(1, Duration::ZERO, None).requests, 1);
    }

    #[test]
    fn the_rate_is_over_the_measured_time_or_longer_where_answers_took_longer() {
        let start = Instant::now();
        let mut tally = Tally::new(start);
        for _ in 0..10 {
            tally.record(start, start + milliseconds(500), Outcome::Answered(200));
        }
        let rate = |elapsed_min| tally.report(1, elapsed_min, None).rate_per_second;
        assert!((rate(milliseconds(1_000)) - 10.0).abs() < 1e-9);
        assert!((rate(milliseconds(100)) - 20.0).abs() < 1e-9);
    }
}
