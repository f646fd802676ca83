//! The thread that makes batches durable and answers them, while the next one is decided.

use std::{
    panic,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    thread::JoinHandle,
    time::Instant,
};

use accord_decider::LoggedDecider;
use tokio::sync::{mpsc, oneshot};

use super::{Answer, WorkerCounters};
use crate::{
    command::{Reply, Unavailable},
    commit::StoredCommit,
    journal::{AppendError, Journal, reader::ReadError, sqlite::SqliteJournal},
    stages::{Stage, StageTimes},
};

/// What was decided together: the answers hold once the commit is durable. Without a commit nothing was written, but
/// the answers may speak of what the batch before wrote.
pub(super) struct Batch<D: LoggedDecider> {
    pub commit: Option<Arc<StoredCommit>>,
    pub answers: Vec<(oneshot::Sender<Answer<D>>, Answer<D>)>,
}

impl<D: LoggedDecider> Batch<D> {
    /// Gives every caller the answer that was decided.
    fn answer(self) {
        for (reply, answer) in self.answers {
            // A client that went away does not read its answer; the decision stands all the same.
            let _ = reply.send(answer);
        }
    }

    /// Tells every caller that the decision does not hold.
    pub fn refuse(self, reason: &Unavailable) {
        for (reply, _) in self.answers {
            let _ = reply.send(Reply::Unavailable(reason.clone()));
        }
    }
}

/// How a batch ended; its callers know already.
pub(super) type Outcome = Result<(), Unavailable>;

/// Hands one batch at a time to the thread that commits.
pub(super) struct Committer<D: LoggedDecider> {
    journal: Arc<Mutex<SqliteJournal>>,
    batches: mpsc::Sender<Batch<D>>,
    outcomes: mpsc::Receiver<Outcome>,
    thread: JoinHandle<()>,
    is_busy: bool,
}

impl<D: LoggedDecider> Committer<D> {
    pub fn spawn(
        journal: SqliteJournal,
        stages: Arc<StageTimes>,
        counters: Arc<WorkerCounters>,
    ) -> std::io::Result<Self> {
        let journal = Arc::new(Mutex::new(journal));
        let (batches, received) = mpsc::channel(1);
        let (outcome, outcomes) = mpsc::channel(1);
        let handle = tokio::runtime::Handle::current();
        let thread = CommitterThread {
            journal: Arc::clone(&journal),
            batches: received,
            outcome,
            stages,
            counters,
        };
        let thread = std::thread::Builder::new()
            .name("committer".into())
            .spawn(move || {
                let _inside = handle.enter();
                thread.run();
            })?;
        Ok(Self {
            journal,
            batches,
            outcomes,
            thread,
            is_busy: false,
        })
    }

    /// Whether a batch is on its way.
    pub fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Hands over a batch. Only while no other is on its way. `false`: the thread has ended, and nothing more can be
    /// committed; the callers know.
    pub fn submit(&mut self, batch: Batch<D>) -> bool {
        debug_assert!(!self.is_busy, "the last batch is still on its way");
        match self.batches.try_send(batch) {
            Ok(()) => self.is_busy = true,
            Err(error) => error.into_inner().refuse(&panicked()),
        }
        self.is_busy
    }

    /// Waits until the batch that is on its way has ended. Cancelling loses nothing.
    pub async fn outcome(&mut self) -> Outcome {
        let outcome = self.outcomes.recv().await;
        self.is_busy = false;
        outcome.unwrap_or_else(|| Err(panicked()))
    }

    /// Opens the journal again after a failure; what it then holds is the truth.
    pub fn reopen_journal(&self) -> Result<(), ReadError> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.reopen()
    }

    /// Ends the thread and gives the journal back.
    pub fn join(self) -> Option<SqliteJournal> {
        drop(self.batches);
        if let Err(panic) = self.thread.join() {
            panic::resume_unwind(panic);
        }
        let journal = Arc::into_inner(self.journal)?;
        Some(journal.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

fn panicked() -> Unavailable {
    Unavailable::OutcomeUnknown("the thread that commits has ended".to_owned())
}

struct CommitterThread<D: LoggedDecider> {
    journal: Arc<Mutex<SqliteJournal>>,
    batches: mpsc::Receiver<Batch<D>>,
    outcome: mpsc::Sender<Outcome>,
    stages: Arc<StageTimes>,
    counters: Arc<WorkerCounters>,
}

impl<D: LoggedDecider> CommitterThread<D> {
    fn run(mut self) {
        while let Some(batch) = self.batches.blocking_recv() {
            let outcome = batch
                .commit
                .as_ref()
                .map_or(Ok(()), |commit| self.append(commit));
            // Before the callers, so that the next batch is on its way while they are told.
            let told = self.outcome.try_send(outcome.clone());
            match &outcome {
                Ok(()) => batch.answer(),
                Err(reason) => batch.refuse(reason),
            }
            if told.is_err() {
                return;
            }
        }
    }

    fn append(&self, commit: &Arc<StoredCommit>) -> Outcome {
        let start = Instant::now();
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let appended = journal.append(commit);
        drop(journal);
        match appended {
            Ok(()) => {
                self.stages
                    .add(Stage::Commit, start.elapsed(), commit.event_count);
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                self.counters
                    .events
                    .fetch_add(commit.event_count, Ordering::Relaxed);
                self.counters
                    .stored_bytes
                    .fetch_add(commit.events.len() as u64, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "a commit failed: state is folded again from the log");
                Err(match error {
                    AppendError::NotCommitted(reason) => Unavailable::NotCommitted(reason),
                    AppendError::Unknown(reason) => Unavailable::OutcomeUnknown(reason),
                })
            }
        }
    }
}
