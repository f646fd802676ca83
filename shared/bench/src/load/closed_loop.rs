//! The closed loop: every connection sends its next request as soon as it has its answer.
//!
//! It finds what a server can do at a given number of callers. Its latencies are those of callers
//! who wait for each other: when the server stalls, nothing more is sent, so a stall shows once per
//! connection. How long independent callers would have waited is the open loop's question.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::process::thread_processor_time;

use super::connection::Connection;
use super::generator_thread::run_apart;
use super::limits::{
    REQUESTS_MAX, check_connections, check_requests, check_response_time_limit, check_run_time,
};
use super::tally::{Outcome, Tally};
use super::target::LoopbackTarget;
use super::{LoadError, LoadReport, RequestSource};

/// How to run a closed loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedLoop {
    /// The number of connections, each with one request in flight; 1 to
    /// [`CONNECTIONS_MAX`](super::CONNECTIONS_MAX).
    pub connections: usize,
    /// The measured time, after the warm-up.
    pub duration: Duration,
    /// Time at the start that is not measured.
    pub warm_up: Duration,
    /// Stop after this many requests, warm-up included, if that comes before the time is up; 1 to
    /// [`REQUESTS_MAX`].
    pub requests_max: u64,
    /// A request without a complete answer after this long has failed; 1 ms to
    /// [`RESPONSE_TIME_LIMIT_MAX`](super::RESPONSE_TIME_LIMIT_MAX).
    pub response_time_limit: Duration,
}

impl ClosedLoop {
    /// `connections` busy for `duration` after a warm-up of a tenth of that, each answer awaited for
    /// at most ten seconds.
    pub fn new(connections: usize, duration: Duration) -> Self {
        Self {
            connections,
            duration,
            warm_up: duration / 10,
            requests_max: REQUESTS_MAX,
            response_time_limit: Duration::from_secs(10),
        }
    }

    /// Puts load on the server at `address`, which must be a loopback address, and measures.
    ///
    /// The generator runs on a thread of its own; it stops early when the returned future is
    /// dropped. Requests that fail are counted in the report.
    ///
    /// # Errors
    ///
    /// [`LoadError`], before anything is sent, or when `source` panics.
    pub async fn run<S>(self, address: SocketAddr, source: S) -> Result<LoadReport, LoadError>
    where
        S: RequestSource + 'static,
    {
        let target = LoopbackTarget::try_from(address)?;
        check_connections(self.connections)?;
        check_requests("requests_max", self.requests_max)?;
        check_response_time_limit(self.response_time_limit)?;
        check_run_time(&[self.warm_up, self.duration])?;
        run_apart(async move || self.drive(target, source).await).await
    }

    async fn drive<S>(self, target: LoopbackTarget, source: S) -> Result<LoadReport, LoadError>
    where
        S: RequestSource + 'static,
    {
        let connections =
            Connection::open_all(target, self.connections, self.response_time_limit).await;
        let measured_from = Instant::now() + self.warm_up;
        let run = Rc::new(Run {
            source: RefCell::new(source),
            tally: RefCell::new(Tally::new(measured_from)),
            requests_left: Cell::new(self.requests_max),
            ends: measured_from + self.duration,
        });
        let mut busy = JoinSet::new();
        for (index, connection) in connections.into_iter().enumerate() {
            busy.spawn_local(Rc::clone(&run).keep_busy(index, connection));
        }
        while let Some(ended) = busy.join_next().await {
            ended.map_err(|_| LoadError::SourcePanicked)?;
        }
        let generator_time = thread_processor_time().ok();
        let tally = run.tally.borrow();
        Ok(tally.report(self.connections, Duration::ZERO, generator_time))
    }
}

/// What all connections of a run share, on their one thread.
struct Run<S> {
    source: RefCell<S>,
    tally: RefCell<Tally>,
    requests_left: Cell<u64>,
    ends: Instant,
}

impl<S: RequestSource> Run<S> {
    async fn keep_busy(self: Rc<Self>, index: usize, mut connection: Connection) {
        while Instant::now() < self.ends && self.take_request() {
            connection.request.clear();
            let request = &mut connection.request;
            self.source.borrow_mut().next_request(index, request);
            // The clock is read after rendering: that is the generator's time, not the server's.
            let sent = Instant::now();
            let exchanged = connection.exchange(sent).await;
            let finished = Instant::now();
            let outcome = Outcome::of(exchanged, index, &mut *self.source.borrow_mut());
            self.tally.borrow_mut().record(sent, finished, outcome);
        }
    }

    /// Takes one request from those that are left; false when there are none.
    fn take_request(&self) -> bool {
        let left = self.requests_left.get();
        self.requests_left.set(left.saturating_sub(1));
        left > 0
    }
}
