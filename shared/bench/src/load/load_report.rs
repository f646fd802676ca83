//! What a run of load found.

use serde::{Deserialize, Serialize};

use crate::latency::LatencySummary;
use crate::number::{grouped, measured};
use crate::report::Tabular;

/// The figures of one run, over the requests of its measured time (warm-up left out).
///
/// A request belongs to the measured time when it *began* there (in an open loop: when it was
/// intended to begin), and all of those are followed to their end. A server that stalls just before
/// the end therefore does not get away with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadReport {
    /// The number of connections in use.
    pub connections: usize,
    /// All requests of the measured time: answers and failures together.
    pub requests: u64,
    /// Those that were answered, by class of status.
    pub answers: Answers,
    /// Those that were not, by what went wrong.
    pub failures: Failures,
    /// From the start of the measured time to the end of its last request, in seconds.
    pub elapsed_seconds: f64,
    /// Successful (2xx) answers per second. A refusal is quick, but it is no throughput.
    pub rate_per_second: f64,
    /// The latency of successful (2xx) answers: from sending in a closed loop, from the *intended*
    /// time of sending in an open loop, to the last byte of the answer.
    pub latency: LatencySummary,
    /// Processor time of the generator per request, in microseconds, kernel included; `None` where
    /// the kernel does not tell. On a loopback this includes delivering the request to the server's
    /// socket, which Linux does on the sender's time.
    pub generator_us_per_request: Option<f64>,
    /// What only an open loop has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_loop: Option<OpenLoopFigures>,
}

/// Answered requests by class of status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// 2xx.
    pub success: u64,
    /// 3xx.
    pub redirect: u64,
    /// 4xx, back-pressure (429) included.
    pub client_error: u64,
    /// 5xx.
    pub server_error: u64,
}

/// Requests without a valid answer by what went wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// The server could not be connected to.
    pub connect: u64,
    /// The connection was closed or reset before the answer was complete.
    pub closed: u64,
    /// No complete answer came within the response time limit.
    pub timed_out: u64,
    /// The answer was not HTTP/1.1 with a content length.
    pub malformed: u64,
    /// The request source did not accept the answer.
    pub check_failed: u64,
    /// Due in an open loop, but no connection was free before the run gave up.
    pub never_sent: u64,
}

/// What only an open loop has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OpenLoopFigures {
    /// The arrival rate asked for; `rate_per_second` is what was achieved.
    pub requested_rate_per_second: u32,
    /// How long requests were due before they were sent: waiting for a free connection, and the
    /// generator's own lateness. Part of the latency. Where its median is not far below the
    /// latency's, the run says little about the server alone.
    pub waiting: LatencySummary,
    /// The most requests that were ever due and waiting for a connection at the same time.
    pub waiting_requests_max: u64,
}

impl Answers {
    /// Answers of any status.
    pub fn total(&self) -> u64 {
        self.success + self.redirect + self.client_error + self.server_error
    }
}

impl Failures {
    /// Failures of any kind.
    pub fn total(&self) -> u64 {
        self.connect
            + self.closed
            + self.timed_out
            + self.malformed
            + self.check_failed
            + self.never_sent
    }
}

impl Tabular for LoadReport {
    const HEADINGS: &'static [&'static str] = &[
        "requests",
        "non-2xx",
        "failed",
        "asked/s",
        "rate/s",
        "p50 µs",
        "p90 µs",
        "p99 µs",
        "p99.9 µs",
        "max µs",
        "waited p50 µs",
        "queued",
        "generator µs",
    ];

    fn cells(&self) -> Vec<String> {
        let absent = || "-".to_owned();
        let open_loop = self.open_loop.as_ref();
        let asked = open_loop.map(|open| grouped(open.requested_rate_per_second.into()));
        let waited = open_loop.map(|open| grouped(open.waiting.p50_us));
        let queued = open_loop.map(|open| grouped(open.waiting_requests_max));
        vec![
            grouped(self.requests),
            grouped(self.answers.total() - self.answers.success),
            grouped(self.failures.total()),
            asked.unwrap_or_else(absent),
            measured(self.rate_per_second),
            grouped(self.latency.p50_us),
            grouped(self.latency.p90_us),
            grouped(self.latency.p99_us),
            grouped(self.latency.p999_us),
            grouped(self.latency.max_us),
            waited.unwrap_or_else(absent),
            queued.unwrap_or_else(absent),
            self.generator_us_per_request.map_or_else(absent, measured),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, Report};

    use super::*;

    fn closed() -> LoadReport {
        LoadReport {
            connections: 64,
            requests: 120_010,
            answers: Answers {
                success: 120_000,
                client_error: 6,
                ..Answers::default()
            },
            failures: Failures {
                timed_out: 4,
                ..Failures::default()
            },
            elapsed_seconds: 2.0,
            rate_per_second: 60_000.0,
            latency: LatencySummary {
                count: 120_000,
                p50_us: 950,
                p90_us: 1_400,
                p99_us: 4_100,
                p999_us: 9_000,
                max_us: 21_000,
            },
            generator_us_per_request: Some(7.25),
            open_loop: None,
        }
    }

    fn open() -> LoadReport {
        LoadReport {
            open_loop: Some(OpenLoopFigures {
                requested_rate_per_second: 60_000,
                waiting: LatencySummary::default(),
                waiting_requests_max: 17,
            }),
            generator_us_per_request: None,
            ..closed()
        }
    }

    #[test]
    fn a_table_of_percentiles_is_aligned_and_readable() {
        let mut report = Report::new("Assess");
        report.add("64 closed", closed());
        report.add("64 open", open());
        let expected = [
            "Assess",
            "             requests  non-2xx  failed  asked/s  rate/s  p50 µs  p90 µs  p99 µs  p99.9 µs  max µs  waited p50 µs  queued  generator µs",
            "  64 closed   120,010        6       4        -  60,000     950   1,400   4,100     9,000  21,000              -       -          7.25",
            "  64 open     120,010        6       4   60,000  60,000     950   1,400   4,100     9,000  21,000              0      17             -",
            "",
        ];
        assert_eq!(
            report.render(Format::Table).expect("a table renders"),
            expected.join("\n")
        );
    }

    #[test]
    fn json_reads_back_as_the_same_report() {
        for report in [closed(), open()] {
            let json = serde_json::to_string(&report).expect("a report serialises");
            let again: LoadReport = serde_json::from_str(&json).expect("and reads back");
            assert_eq!(again, report);
        }
    }
}
