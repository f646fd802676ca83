//! The open loop: requests arrive at a constant rate, whatever becomes of those before.
//!
//! Customers at a till do not wait for each other. Every request has an intended time of sending,
//! fixed before the run begins, and its latency counts from there. A generator that delays its next
//! request while the server stalls, and then measures only from when it did send, leaves out exactly
//! the waiting that the stall caused (Gil Tene calls this coordinated omission).
//!
//! A request that is due takes the next free connection. Where there is none it waits; since all
//! intended times follow from the [`Schedule`], the queue of waiting requests is only a number (how
//! many have been taken) and cannot grow in memory. See [`Ticker`] for how due requests are sent
//! close to their time.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::latency::LatencyHistogram;
use crate::process::thread_processor_time;

use super::arrivals::{Arrivals, Next};
use super::connection::Connection;
use super::generator_thread::run_apart;
use super::limits::{
    check_connections, check_rate, check_requests, check_response_time_limit, check_run_time,
};
use super::schedule::Schedule;
use super::tally::{Outcome, Tally};
use super::target::LoopbackTarget;
use super::ticker::Ticker;
use super::{LoadError, LoadReport, OpenLoopFigures, RequestSource};

/// How to run an open loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenLoop {
    /// The most requests in flight; 1 to [`CONNECTIONS_MAX`](super::CONNECTIONS_MAX).
    pub connections: usize,
    /// Arrivals per second; 1 to [`RATE_MAX`](super::RATE_MAX).
    pub rate_per_second: u32,
    /// The measured time, after the warm-up.
    pub duration: Duration,
    /// Time at the start, with arrivals at the same rate, that is not measured.
    pub warm_up: Duration,
    /// A request without a complete answer this long after it was sent has failed; 1 ms to
    /// [`RESPONSE_TIME_LIMIT_MAX`](super::RESPONSE_TIME_LIMIT_MAX).
    pub response_time_limit: Duration,
    /// How long after the last arrival requests that still wait for a connection are sent; those
    /// left over count as never sent.
    pub drain_limit: Duration,
}

impl OpenLoop {
    /// `rate_per_second` arrivals for `duration` after a warm-up of a tenth of that, each answer
    /// awaited for at most ten seconds, and ten seconds to drain.
    pub fn new(connections: usize, rate_per_second: u32, duration: Duration) -> Self {
        Self {
            connections,
            rate_per_second,
            duration,
            warm_up: duration / 10,
            response_time_limit: Duration::from_secs(10),
            drain_limit: Duration::from_secs(10),
        }
    }

    /// Puts load on the server at `address`, which must be a loopback address, and measures.
    ///
    /// The generator runs on a thread of its own, with a second that only keeps time; both stop
    /// early when the returned future is dropped. Requests that fail are counted in the report.
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
        check_rate(self.rate_per_second)?;
        check_response_time_limit(self.response_time_limit)?;
        check_run_time(&[self.warm_up, self.duration, self.drain_limit])?;
        let schedule = Schedule::new(self.rate_per_second, self.warm_up + self.duration);
        check_requests("the number of arrivals", schedule.total())?;
        run_apart(async move || self.drive(target, schedule, source).await).await
    }

    async fn drive<S>(
        self,
        target: LoopbackTarget,
        schedule: Schedule,
        source: S,
    ) -> Result<LoadReport, LoadError>
    where
        S: RequestSource + 'static,
    {
        let connections =
            Connection::open_all(target, self.connections, self.response_time_limit).await;
        let start = Instant::now();
        let measured_from = start + self.warm_up;
        let gives_up = measured_from + self.duration + self.drain_limit;
        let run = Rc::new(Run {
            source: RefCell::new(source),
            tally: RefCell::new(Tally::new(measured_from)),
            waiting: RefCell::new(LatencyHistogram::new()),
            arrivals: RefCell::new(Arrivals::new(schedule, start, gives_up)),
            connections: self.connections as u64,
            free: Notify::new(),
            ended: Cell::new(false),
        });
        let tick = Arc::new(Notify::new());
        let ticker = Ticker::start(schedule, start.into_std(), Arc::clone(&tick))
            .map_err(LoadError::NotStarted)?;
        let mut tasks = JoinSet::new();
        tasks.spawn_local(Rc::clone(&run).wake_free_connections(tick));
        for (index, connection) in connections.into_iter().enumerate() {
            tasks.spawn_local(Rc::clone(&run).serve_arrivals(index, connection));
        }
        while let Some(ended) = tasks.join_next().await {
            ended.map_err(|_| LoadError::SourcePanicked)?;
        }
        let ticker_time = ticker.stop();
        let generator_time = thread_processor_time().ok();
        let time = generator_time.zip(ticker_time).map(|(a, b)| a + b);
        Ok(self.report(&run, time))
    }

    fn report<S>(&self, run: &Run<S>, generator_time: Option<Duration>) -> LoadReport {
        let arrivals = run.arrivals.borrow();
        let mut tally = run.tally.borrow_mut();
        tally.record_never_sent(arrivals.never_taken_from(self.warm_up));
        LoadReport {
            open_loop: Some(OpenLoopFigures {
                requested_rate_per_second: self.rate_per_second,
                waiting: run.waiting.borrow().summary(),
                waiting_requests_max: arrivals.waiting_max(),
            }),
            ..tally.report(self.connections, self.duration, generator_time)
        }
    }
}

/// What all connections of a run share, on their one thread.
struct Run<S> {
    source: RefCell<S>,
    tally: RefCell<Tally>,
    waiting: RefCell<LatencyHistogram>,
    arrivals: RefCell<Arrivals>,
    connections: u64,
    /// Where connections without a request wait for one to become due.
    free: Notify,
    ended: Cell<bool>,
}

impl<S: RequestSource> Run<S> {
    async fn serve_arrivals(self: Rc<Self>, index: usize, mut connection: Connection) {
        loop {
            let next = self.arrivals.borrow_mut().take(Instant::now());
            match next {
                Next::Due(intended) => self.send(intended, index, &mut connection).await,
                Next::NotYet => self.free.notified().await,
                Next::Ended => break,
            }
        }
        // The first to see the end tells those that wait for an arrival that will not come.
        if !self.ended.replace(true) {
            self.free.notify_waiters();
        }
    }

    async fn send(&self, intended: Instant, index: usize, connection: &mut Connection) {
        connection.request.clear();
        let request = &mut connection.request;
        self.source.borrow_mut().next_request(index, request);
        let sent = Instant::now();
        if self.tally.borrow().counts(intended) {
            self.waiting.borrow_mut().record(sent - intended);
        }
        let exchanged = connection.exchange(sent).await;
        let finished = Instant::now();
        let outcome = Outcome::of(exchanged, index, &mut *self.source.borrow_mut());
        self.tally.borrow_mut().record(intended, finished, outcome);
    }

    /// At every tick, wakes as many free connections as there are requests due. Those that are woken
    /// for nothing, because a busy connection took the request first, go back to waiting.
    async fn wake_free_connections(self: Rc<Self>, tick: Arc<Notify>) {
        loop {
            tick.notified().await;
            let waiting = self.arrivals.borrow().waiting(Instant::now());
            for _ in 0..waiting.count.min(self.connections) {
                self.free.notify_one();
            }
            if waiting.all_have_arrived {
                return;
            }
        }
    }
}
