//! A gate in the middle of the worker's batch: a test closes it, and knows when the worker waits there.

use std::sync::{Arc, Condvar, Mutex};

use tokio::sync::watch;

#[derive(Clone)]
pub struct Gate {
    closed: Arc<(Mutex<bool>, Condvar)>,
    arrivals: watch::Sender<u64>,
}

impl Gate {
    pub fn open() -> Self {
        Self {
            closed: Arc::default(),
            arrivals: watch::Sender::new(0),
        }
    }

    /// The worker comes by.
    pub fn pass(&self) {
        let (closed, changed) = &*self.closed;
        let mut is_closed = closed.lock().unwrap();
        self.arrivals.send_modify(|arrivals| *arrivals += 1);
        while *is_closed {
            is_closed = changed.wait(is_closed).unwrap();
        }
    }

    /// Closes the gate; gives what waits for the worker to stand before it.
    pub fn close(&self) -> impl Future<Output = ()> + use<> {
        let mut arrived = self.arrivals.subscribe();
        let (closed, _) = &*self.closed;
        *closed.lock().unwrap() = true;
        arrived.mark_unchanged();
        async move { arrived.changed().await.unwrap() }
    }

    pub fn reopen(&self) {
        let (closed, changed) = &*self.closed;
        *closed.lock().unwrap() = false;
        changed.notify_all();
    }

    /// Lets the worker through once, to the next time that it comes by.
    pub async fn let_through_once(&self) {
        let mut arrived = self.arrivals.subscribe();
        arrived.mark_unchanged();
        self.reopen();
        arrived.changed().await.unwrap();
    }
}
