//! Ending a process in an orderly way.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// The wish to end, seen by everything that has to finish something first. Cheap to clone.
///
/// Servers stop accepting, streams end, queues are drained; whatever is not done when the grace
/// period is over is cut off.
#[derive(Debug, Clone)]
pub struct Shutdown {
    begun: Arc<watch::Sender<bool>>,
    grace: Duration,
}

impl Shutdown {
    /// A shutdown that begins only when [`Shutdown::begin`] is called.
    #[must_use]
    pub fn new(grace: Duration) -> Self {
        Self {
            begun: Arc::new(watch::Sender::new(false)),
            grace,
        }
    }

    /// A shutdown that also begins with SIGINT or SIGTERM. A second signal ends the process at once
    /// with status 130 or 143, as if it had not been handled.
    ///
    /// # Errors
    /// If the operating system does not let the process handle the signals.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[cfg(unix)]
    pub fn on_signals(grace: Duration) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let shutdown = Self::new(grace);
        let to_begin = shutdown.clone();
        tokio::spawn(async move {
            loop {
                let number = tokio::select! {
                    _ = interrupt.recv() => SignalKind::interrupt().as_raw_value(),
                    _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
                };
                if to_begin.has_begun() {
                    tracing::warn!("a second signal: ending at once");
                    std::process::exit(128 + number);
                }
                tracing::info!(
                    grace_s = grace.as_secs(),
                    "ending; a second signal ends at once"
                );
                to_begin.begin();
            }
        });
        Ok(shutdown)
    }

    /// Begins the shutdown; beginning it again changes nothing.
    pub fn begin(&self) {
        self.begun.send_replace(true);
    }

    /// Whether the shutdown has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.begun.borrow()
    }

    /// Waits until the shutdown begins; returns at once if it already has.
    pub async fn begun(&self) {
        // The sender lives as long as this handle, so waiting ends only with the shutdown.
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }

    /// How long unfinished work may take after the shutdown has begun.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        self.grace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everyone_who_waits_learns_of_the_shutdown() {
        let shutdown = Shutdown::new(Duration::from_secs(1));
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let shutdown = shutdown.clone();
                tokio::spawn(async move { shutdown.begun().await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|task| !task.is_finished()));
        assert!(!shutdown.has_begun());

        shutdown.begin();
        shutdown.begin();
        for task in waiting {
            task.await.unwrap();
        }
        assert!(shutdown.has_begun());
        shutdown.begun().await;
    }
}
