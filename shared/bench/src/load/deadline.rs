//! A time limit per request that costs next to nothing when it is kept.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// The limit was reached first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TimedOut;

/// One timer for all requests of a connection.
///
/// Setting a timer for each request would cost more than the rest of the bookkeeping. Deadlines
/// only ever move forward, so the timer is left where it is and moved on only when it fires and
/// finds that its request was answered long ago: once per time limit instead of once per request.
#[derive(Debug)]
pub(super) struct Deadline {
    timer: Pin<Box<Sleep>>,
}

impl Deadline {
    pub(super) fn new() -> Self {
        Self {
            timer: Box::pin(sleep_until(Instant::now())),
        }
    }

    /// Runs `work` until it is done or `deadline` has passed.
    pub(super) async fn enforce<W: Future>(
        &mut self,
        deadline: Instant,
        work: W,
    ) -> Result<W::Output, TimedOut> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(output) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            loop {
                ready!(self.timer.as_mut().poll(context));
                // The timer's own time says whether it fired for this request or an earlier one.
                if self.timer.deadline() >= deadline {
                    return Poll::Ready(Err(TimedOut));
                }
                self.timer.as_mut().reset(deadline);
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    fn from_now(milliseconds: u64) -> Instant {
        Instant::now() + Duration::from_millis(milliseconds)
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_done_in_time_is_not_disturbed() {
        let mut limit = Deadline::new();
        assert_eq!(limit.enforce(from_now(100), ready(7)).await, Ok(7));
        let slow = async {
            sleep(Duration::from_millis(99)).await;
            8
        };
        assert_eq!(limit.enforce(from_now(100), slow).await, Ok(8));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_never_ends_is_given_up_at_the_deadline() {
        let mut limit = Deadline::new();
        let deadline = from_now(100);
        assert_eq!(
            limit.enforce(deadline, pending::<()>()).await,
            Err(TimedOut)
        );
        assert_eq!(Instant::now(), deadline);
    }

    #[tokio::test(start_paused = true)]
    async fn the_timer_of_an_earlier_request_does_not_end_a_later_one() {
        let mut limit = Deadline::new();
        // Sets the timer to 100 ms from now, and is done at 80.
        let first = sleep(Duration::from_millis(80));
        assert_eq!(limit.enforce(from_now(100), first).await, Ok(()));
        // Under way when the timer fires at 100 ms, and done at 170.
        let second = sleep(Duration::from_millis(90));
        assert_eq!(limit.enforce(from_now(100), second).await, Ok(()));
        let deadline = from_now(100);
        assert_eq!(
            limit.enforce(deadline, pending::<()>()).await,
            Err(TimedOut)
        );
        assert_eq!(Instant::now(), deadline);
    }
}
