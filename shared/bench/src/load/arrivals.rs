//! Which request is next in an open loop, and how many wait.

use std::time::Duration;

use tokio::time::Instant;

use super::schedule::Schedule;

/// Hands out the requests of a schedule in order, each once it is due.
#[derive(Debug)]
pub(super) struct Arrivals {
    schedule: Schedule,
    start: Instant,
    gives_up: Instant,
    taken: u64,
    waiting_max: u64,
}

/// What a connection that asks for work is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Send a request that was intended at this time, now or earlier.
    Due(Instant),
    /// Wait; nothing is due.
    NotYet,
    /// Stop; all have been handed out, or it is too late for the rest.
    Ended,
}

/// The requests that are due and that nobody has taken yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) count: u64,
    /// Whether the last request of the schedule has become due.
    pub(super) all_have_arrived: bool,
}

impl Arrivals {
    pub(super) fn new(schedule: Schedule, start: Instant, gives_up: Instant) -> Self {
        Self {
            schedule,
            start,
            gives_up,
            taken: 0,
            waiting_max: 0,
        }
    }

    /// The next request for a connection that is free at `now`.
    pub(super) fn take(&mut self, now: Instant) -> Next {
        if self.taken == self.schedule.total() || now >= self.gives_up {
            return Next::Ended;
        }
        match self.waiting(now).count {
            0 => Next::NotYet,
            waiting => {
                // The one that is taken does not wait any longer.
                self.waiting_max = self.waiting_max.max(waiting - 1);
                let intended = self.start + self.schedule.intended(self.taken);
                self.taken += 1;
                Next::Due(intended)
            }
        }
    }

    /// What is waiting at `now`.
    pub(super) fn waiting(&self, now: Instant) -> Waiting {
        let arrived = self.schedule.due(now.saturating_duration_since(self.start));
        Waiting {
            // Clocks read on two threads may differ by a little; what was taken had arrived.
            count: arrived.saturating_sub(self.taken),
            all_have_arrived: arrived == self.schedule.total(),
        }
    }

    /// The most requests that waited behind one that was taken.
    pub(super) fn waiting_max(&self) -> u64 {
        self.waiting_max
    }

    /// How many requests that were intended at `offset` from the start or later nobody took.
    pub(super) fn never_taken_from(&self, offset: Duration) -> u64 {
        let before = match offset.checked_sub(Duration::from_nanos(1)) {
            Some(just_before) => self.schedule.due(just_before),
            None => 0,
        };
        self.schedule.total() - self.taken.max(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: f64) -> Duration {
        Duration::from_secs_f64(count)
    }

    /// Ten arrivals per second for one second, half a second to drain.
    fn ten() -> (Instant, Arrivals) {
        let start = Instant::now();
        let schedule = Schedule::new(10, seconds(1.0));
        (start, Arrivals::new(schedule, start, start + seconds(1.5)))
    }

    #[test]
    fn a_late_connection_gets_the_requests_it_missed_with_their_intended_times() {
        let (start, mut arrivals) = ten();
        let now = start + seconds(0.25);
        assert_eq!(arrivals.take(now), Next::Due(start));
        assert_eq!(arrivals.take(now), Next::Due(start + seconds(0.1)));
        assert_eq!(arrivals.take(now), Next::Due(start + seconds(0.2)));
        assert_eq!(arrivals.take(now), Next::NotYet);
        assert_eq!(arrivals.waiting_max(), 2, "two waited behind the first");
    }

    #[test]
    fn nothing_is_handed_out_before_its_time() {
        let (start, mut arrivals) = ten();
        assert_eq!(arrivals.take(start), Next::Due(start));
        assert_eq!(arrivals.take(start + seconds(0.0999)), Next::NotYet);
        assert_eq!(
            arrivals.take(start + seconds(0.1)),
            Next::Due(start + seconds(0.1))
        );
        assert_eq!(arrivals.waiting_max(), 0);
    }

    #[test]
    fn all_are_handed_out_once_and_then_it_ends() {
        let (start, mut arrivals) = ten();
        let now = start + seconds(1.2);
        assert!(arrivals.waiting(now).all_have_arrived);
        let handed_out = (0..20)
            .filter(|_| matches!(arrivals.take(now), Next::Due(_)))
            .count();
        assert_eq!(handed_out, 10);
        assert_eq!(arrivals.take(now), Next::Ended);
        assert_eq!(arrivals.never_taken_from(Duration::ZERO), 0);
    }

    #[test]
    fn what_is_left_when_the_drain_is_over_was_never_sent() {
        let (start, mut arrivals) = ten();
        assert_eq!(arrivals.take(start + seconds(1.4)), Next::Due(start));
        assert_eq!(arrivals.take(start + seconds(1.5)), Next::Ended);
        assert_eq!(arrivals.never_taken_from(Duration::ZERO), 9);
        assert_eq!(
            arrivals.never_taken_from(seconds(0.5)),
            5,
            "the warm-up left out"
        );
    }

    /// A server that takes longer than the arrivals' distance, in simulated time: the latency of
    /// request `i` follows from the intended times alone (Lindley's recursion for one connection).
    #[test]
    fn with_a_slow_server_each_request_waits_longer_than_the_one_before() {
        let (start, mut arrivals) = ten();
        let service_time = seconds(0.14);
        let mut now = start;
        let mut latencies = Vec::new();
        while let Next::Due(intended) = arrivals.take(now) {
            now += service_time;
            latencies.push((now - intended).as_millis());
        }
        let expected: Vec<u128> = (0..10)
            .map(|index| 140 * (index + 1) - 100 * index)
            .collect();
        assert_eq!(latencies, expected);
    }
}
