//! A gate in the middle of the worker's batch: a test closes it, and knows when the worker stands before it.

use std::sync::{Arc, Condvar, Mutex};

use tokio::sync::watch;

use crate::node::PATIENCE;

#[derive(Clone)]
pub struct Gate {
    admission: Arc<(Mutex<Admission>, Condvar)>,
    arrivals: watch::Sender<u64>,
}

enum Admission {
    Everyone,
    /// So many more times.
    Times(u64),
}

/// Waits for the worker's next arrival at the gate.
pub struct NextArrival(watch::Receiver<u64>);

impl NextArrival {
    pub async fn wait(mut self) {
        let arrived = tokio::time::timeout(PATIENCE, self.0.changed()).await;
        arrived.expect("the worker never came by").unwrap();
    }
}

impl Gate {
    pub fn open() -> Self {
        Self {
            admission: Arc::new((Mutex::new(Admission::Everyone), Condvar::new())),
            arrivals: watch::Sender::new(0),
        }
    }

    /// The worker comes by. It waits no longer than a test does, so that one that fails ends.
    pub fn pass(&self) {
        let (admission, changed) = &*self.admission;
        let mut admission = admission.lock().unwrap();
        self.arrivals.send_modify(|arrivals| *arrivals += 1);
        loop {
            match &mut *admission {
                Admission::Everyone => return,
                Admission::Times(0) => {
                    let (woken, waited) = changed.wait_timeout(admission, PATIENCE).unwrap();
                    if waited.timed_out() {
                        return;
                    }
                    admission = woken;
                }
                Admission::Times(times) => {
                    *times -= 1;
                    return;
                }
            }
        }
    }

    pub fn close(&self) -> NextArrival {
        let arrival = self.next_arrival();
        self.admit(Admission::Times(0));
        arrival
    }

    pub fn reopen(&self) {
        self.admit(Admission::Everyone);
    }

    /// Lets the worker through, and waits until it comes by again.
    pub async fn let_through_once(&self) {
        let arrival = self.next_arrival();
        self.admit(Admission::Times(1));
        arrival.wait().await;
    }

    fn admit(&self, admitted: Admission) {
        let (admission, changed) = &*self.admission;
        *admission.lock().unwrap() = admitted;
        changed.notify_all();
    }

    fn next_arrival(&self) -> NextArrival {
        let mut arrivals = self.arrivals.subscribe();
        arrivals.mark_unchanged();
        NextArrival(arrivals)
    }
}
