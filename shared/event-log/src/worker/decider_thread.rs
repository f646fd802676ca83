//! The thread that decides: it gathers a batch while the one before is being committed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use accord_decider::LoggedDecider;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    Answer, Ask, WorkerSettings, WorkerState,
    committer::{Batch, Committer, Outcome},
    free_space::FreeSpace,
    micros, recover,
};
use crate::{
    command::{Reply, Unavailable},
    journal::{reader::LogReader, sqlite::SqliteJournal},
    runtime::{Moment, Runtime},
    snapshot::SnapshotFolder,
    stages::StageTimes,
};

/// Longest wait for the read models before a batch.
const READ_MODEL_WAIT_MAX: Duration = Duration::from_millis(50);
/// While the disk is short of space, how often it is looked at without being asked.
const SPACE_CHECKED_EVERY: Duration = Duration::from_secs(1);

/// Why the thread that decides went on.
enum Woken<D: LoggedDecider> {
    Asked(Option<Ask<D>>),
    Committed(Outcome),
    Stopped,
    SpaceIsDue,
}

pub(super) struct DeciderThread<D: LoggedDecider, C, N> {
    pub runtime: Runtime<D>,
    pub committer: Committer<D>,
    pub reader: LogReader,
    pub snapshots: SnapshotFolder,
    pub receiver: mpsc::Receiver<Ask<D>>,
    pub state: watch::Sender<WorkerState>,
    pub stop: watch::Receiver<bool>,
    pub epoch: Instant,
    pub now_us: N,
    pub context: C,
    pub stages: Arc<StageTimes>,
    pub space: FreeSpace,
    pub settings: WorkerSettings,
    pub handle: tokio::runtime::Handle,
    /// Of the batch that is being gathered.
    pub answers: Vec<(oneshot::Sender<Answer<D>>, Answer<D>)>,
    /// Stopped before the log could be folded again after a failure, or without a thread that commits: what is in memory
    /// may be in the log or not, so nothing may be decided on it any more.
    pub abandoned: bool,
}

impl<D, C, N> DeciderThread<D, C, N>
where
    D: LoggedDecider,
    C: Fn(i64) -> D::Context,
    N: Fn() -> i64,
{
    pub fn run(mut self) -> Option<SqliteJournal> {
        // What the control partition decided before a crash may not be adopted everywhere yet.
        self.adopt();
        while !self.abandoned
            && let Some(first) = self.next_ask()
        {
            self.decide_batch(first);
            self.adopt();
        }
        self.settle();
        self.receiver.close();
        while let Some(ask) = self.handle.block_on(self.receiver.recv()) {
            let _ = ask.reply.send(Reply::Unavailable(Unavailable::Stopping));
        }
        let journal = self.committer.join();
        self.state.send_replace(WorkerState::Stopped);
        journal
    }

    /// The next command; after a stop, those that are queued already, then none.
    fn next_ask(&mut self) -> Option<Ask<D>> {
        while !self.abandoned {
            if *self.stop.borrow() {
                // Senders that never pause must not keep this thread for ever.
                self.receiver.close();
                return self.handle.block_on(self.receiver.recv());
            }
            match self.receiver.try_recv() {
                Ok(ask) => return Some(ask),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
                Err(mpsc::error::TryRecvError::Empty) => {}
            }
            match self.wait() {
                Woken::Asked(ask) => return ask,
                Woken::Stopped => {}
                Woken::Committed(outcome) => self.settle_as(outcome),
                Woken::SpaceIsDue => {
                    if self.find_space().is_ok() {
                        self.adopt();
                    }
                }
            }
        }
        None
    }

    fn wait(&mut self) -> Woken<D> {
        let is_ready = matches!(*self.state.borrow(), WorkerState::Ready);
        let Self {
            receiver,
            stop,
            handle,
            committer,
            ..
        } = self;
        handle.block_on(async {
            let is_busy = committer.is_busy();
            tokio::select! {
                biased;
                outcome = committer.outcome(), if is_busy => Woken::Committed(outcome),
                ask = receiver.recv() => Woken::Asked(ask),
                _ = stop.wait_for(|stop| *stop) => Woken::Stopped,
                // Readiness must come back even if nobody asks for anything while it is gone.
                () = tokio::time::sleep(SPACE_CHECKED_EVERY), if !is_ready => Woken::SpaceIsDue,
            }
        })
    }

    /// Whether the log may be written to; tells everybody when that changes.
    fn find_space(&mut self) -> Result<(), String> {
        if let Some(reason) = self.space.shortage() {
            self.state
                .send_replace(WorkerState::ReadOnly(reason.clone()));
            return Err(reason);
        }
        if !matches!(*self.state.borrow(), WorkerState::Ready) {
            self.state.send_replace(WorkerState::Ready);
        }
        Ok(())
    }

    /// Waits while the read models are too far behind, but never long: a projection that has stopped altogether must
    /// not stop the decisions.
    fn wait_for_read_models(&self) {
        let Some(gate) = &self.settings.read_models else {
            return;
        };
        let begun = Instant::now();
        while !gate.is_open(self.runtime.last().0) && begun.elapsed() < READ_MODEL_WAIT_MAX {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Decides what has arrived, and what arrives until the batch before is durable; then hands the batch over.
    fn decide_batch(&mut self, first: Ask<D>) {
        self.wait_for_read_models();
        if let Err(reason) = self.find_space() {
            let _ = first
                .reply
                .send(Reply::Unavailable(Unavailable::ReadOnly(reason)));
            return;
        }
        let moment = self.moment();
        let recorded_at_us = self.runtime.begin(moment);
        let context = (self.context)(recorded_at_us);
        let mut next = Some(first);
        while let Some(Ask { envelope, reply }) = next {
            // A deadline may have passed since the batch began.
            let moment = Moment {
                monotonic_us: micros(self.epoch.elapsed()),
                ..moment
            };
            let answer = self.runtime.decide(moment, &context, &envelope);
            self.answers.push((reply, answer));
            next = self.next_of_batch();
        }
        self.hand_over();
    }

    /// Another command for the batch, if it has room for one: what is queued already, or arrives while the batch before
    /// is still on its way.
    fn next_of_batch(&mut self) -> Option<Ask<D>> {
        if self.answers.len() >= self.settings.batch_commands_max
            || self.runtime.batch_bytes() >= self.settings.batch_bytes_max
        {
            return None;
        }
        if let Ok(ask) = self.receiver.try_recv() {
            return Some(ask);
        }
        if !self.committer.is_busy() {
            return None;
        }
        let Self {
            receiver,
            handle,
            committer,
            ..
        } = self;
        let woken = handle.block_on(async {
            tokio::select! {
                biased;
                outcome = committer.outcome() => Woken::Committed(outcome),
                ask = receiver.recv() => Woken::Asked(ask),
            }
        });
        match woken {
            Woken::Asked(ask) => ask,
            Woken::Committed(outcome) => {
                self.settle_as(outcome);
                None
            }
            Woken::Stopped | Woken::SpaceIsDue => None,
        }
    }

    /// Sends the batch to be committed, once the one before is durable. Where that one failed nothing is left to send.
    fn hand_over(&mut self) {
        self.settle();
        let commit = self.runtime.finish();
        let answers = std::mem::take(&mut self.answers);
        if (commit.is_some() || !answers.is_empty())
            && !self.committer.submit(Batch { commit, answers })
        {
            // Memory has moved on without the log.
            self.abandoned = true;
        }
    }

    /// Lets every partition that lags behind the control partition adopt. What cannot be written or is refused is tried
    /// again after the next batch.
    fn adopt(&mut self) {
        if self.abandoned || !self.runtime.lags_behind_control() || self.space.shortage().is_some()
        {
            return;
        }
        let moment = self.moment();
        let recorded_at_us = self.runtime.begin(moment);
        let context = (self.context)(recorded_at_us);
        self.runtime.adopt_all(moment, &context);
        self.hand_over();
    }

    /// Waits until no batch is on its way.
    fn settle(&mut self) {
        if self.committer.is_busy() {
            let Self {
                handle, committer, ..
            } = self;
            let outcome = handle.block_on(committer.outcome());
            self.settle_as(outcome);
        }
    }

    /// The batch that was on its way has ended. Where it failed, what was decided upon it is refused: it is not in the
    /// log and never will be.
    fn settle_as(&mut self, outcome: Outcome) {
        let Err(reason) = outcome else {
            return;
        };
        let upon_it = Batch::<D> {
            commit: None,
            answers: std::mem::take(&mut self.answers),
        };
        upon_it.refuse(&Unavailable::NotCommitted(format!(
            "the commit before it failed: {}",
            explained(&reason)
        )));
        // Only now: a disk that stays full would keep the callers waiting for as long.
        self.recover_until_possible();
    }

    /// Reads the log again until that works or the node stops. Meanwhile every command is refused.
    fn recover_until_possible(&mut self) {
        loop {
            let recovered = self.committer.reopen_journal().and_then(|()| {
                self.handle.block_on(recover::<D>(
                    &self.reader,
                    &self.snapshots,
                    self.settings.key_window,
                    &self.stages,
                ))
            });
            match recovered {
                Ok(runtime) => {
                    self.runtime = runtime;
                    self.state.send_replace(WorkerState::Ready);
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "the log cannot be read; trying again");
                    self.state
                        .send_replace(WorkerState::Recovering(error.to_string()));
                    // Callers learn no paths; operators find the error in the readiness report.
                    let reason =
                        Unavailable::ReadOnly("it is read again after a failed commit".to_owned());
                    while let Ok(ask) = self.receiver.try_recv() {
                        let _ = ask.reply.send(Reply::Unavailable(reason.clone()));
                    }
                    if *self.stop.borrow() {
                        self.abandoned = true;
                        return;
                    }
                    std::thread::sleep(Duration::from_secs(1));
                }
            }
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            now_us: (self.now_us)(),
            monotonic_us: micros(self.epoch.elapsed()),
        }
    }
}

fn explained(reason: &Unavailable) -> &str {
    match reason {
        Unavailable::NotCommitted(reason) | Unavailable::OutcomeUnknown(reason) => reason,
        _ => "it was refused",
    }
}
