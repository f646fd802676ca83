//! The scoreboard of a node: follows the log on a task of its own, far from the decider and from the read models.
//!
//! It holds nothing that the log does not, so it is kept in memory and made again after a start, and whenever another
//! model or policy comes: over the newest [`EVENTS_MAX`] events at once, in the background, while the board before it
//! can still be read.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use accord_event_log::{Sequence, commit::StoredCommit, journal::reader::ReadError};
use risk_control::{
    Comparison, Contender, ModelCard, Monitoring, Policy, RiskControl, Scoreboard, TrainingProfile,
};

use crate::{application::ApplicationError, node::BankNode};

/// Events before the end of the log over which models are compared.
pub const EVENTS_MAX: u64 = 1_000_000;
/// Stored text that is folded in one go.
const CHUNK_BYTES: usize = 1 << 20;
/// Between two rounds.
const PAUSE: Duration = Duration::from_millis(500);

/// The board that can be read now. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct ScoreboardShelf {
    current: Arc<Mutex<Option<Board>>>,
}

struct Board {
    scoreboard: Scoreboard,
    through: Sequence,
}

/// Who is to be on the board.
struct Wanted {
    policy: Policy,
    champion: Contender,
    challengers: Vec<Contender>,
    profile: Option<TrainingProfile>,
}

impl Wanted {
    fn is(&self, scoreboard: &Scoreboard) -> bool {
        let models = std::iter::once(&self.champion).chain(&self.challengers);
        scoreboard.policy() == &self.policy
            && scoreboard
                .models()
                .eq(models.map(|contender| contender.hash.as_str()))
    }

    fn into_board(self) -> Scoreboard {
        Scoreboard::new(self.policy, self.champion, self.challengers, self.profile)
    }
}

/// Follows the log until the node is gone.
pub(crate) async fn run(node: BankNode) {
    let mut committed = node.shared.reader.subscribe();
    loop {
        committed.borrow_and_update();
        if let Err(error) = round(&node).await {
            tracing::warn!(%error, "the scoreboard could not follow the log; it is tried again");
        }
        // A busy log must not keep a core busy with what nobody waits for.
        tokio::time::sleep(PAUSE).await;
        let read_models = node.shared.progress.clone();
        if caught_up(&node) && !follow(&mut committed, read_models).await {
            return;
        }
    }
}

/// Waits for news; says whether there can be any.
async fn follow(
    committed: &mut tokio::sync::watch::Receiver<Sequence>,
    mut read_models: tokio::sync::watch::Receiver<accord_read_store::Progress>,
) -> bool {
    tokio::select! {
        changed = committed.changed() => changed.is_ok(),
        // Who is on the board is read from the read models, which come a little later.
        changed = read_models.changed() => changed.is_ok(),
    }
}

fn caught_up(node: &BankNode) -> bool {
    let current = node.shared.scoreboard.lock();
    current
        .as_ref()
        .is_none_or(|board| board.through >= node.shared.reader.last())
}

async fn round(node: &BankNode) -> Result<(), ApplicationError> {
    let Some(wanted) = node.contenders().await? else {
        return Ok(());
    };
    let shelf = node.shared.scoreboard.clone();
    let behind = {
        let current = shelf.lock();
        current
            .as_ref()
            .filter(|board| wanted.is(&board.scoreboard))
            .map(|board| board.through)
    };
    match behind {
        Some(through) => {
            fold(node, through, move |commits, read, through| {
                let mut current = shelf.lock();
                match &mut *current {
                    Some(board) => board.add(commits, read, through),
                    None => Ok(()),
                }
            })
            .await
        }
        None => {
            let last = node.shared.reader.last();
            let from = Sequence(last.0.saturating_sub(EVENTS_MAX));
            let board = Arc::new(Mutex::new(Some(Board {
                scoreboard: wanted.into_board(),
                through: from,
            })));
            let building = ScoreboardShelf { current: board };
            let folded = building.clone();
            fold(
                node,
                from,
                move |commits, read, through| match &mut *folded.lock() {
                    Some(board) => board.add(commits, read, through),
                    None => Ok(()),
                },
            )
            .await?;
            let built = building.lock().take();
            *shelf.lock() = built;
            Ok(())
        }
    }
}

/// Reads the log from `read` to where it ends now, and gives it on in chunks.
async fn fold(
    node: &BankNode,
    mut read: Sequence,
    add: impl Fn(&[Arc<StoredCommit>], Sequence, Sequence) -> Result<(), ReadError>
    + Clone
    + Send
    + 'static,
) -> Result<(), ApplicationError> {
    let end = node.shared.reader.last();
    while read < end {
        let commits = node.shared.reader.read_after(read, CHUNK_BYTES).await?;
        let Some(last) = commits.last().map(|commit| commit.last_sequence()) else {
            break;
        };
        let (add, after) = (add.clone(), read);
        // Scoring must not sit on a thread that answers requests.
        tokio::task::spawn_blocking(move || add(&commits, after, last))
            .await
            .map_err(|error| ApplicationError::Training(error.to_string()))??;
        read = last;
    }
    Ok(())
}

impl Board {
    fn add(
        &mut self,
        commits: &[Arc<StoredCommit>],
        read: Sequence,
        through: Sequence,
    ) -> Result<(), ReadError> {
        for commit in commits {
            commit.each_after::<RiskControl>(read, |recorded| {
                self.scoreboard.add(&recorded.event);
            })?;
        }
        self.through = through;
        Ok(())
    }
}

impl ScoreboardShelf {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Board>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BankNode {
    /// The model that decides and those in shadow, as far as they are loaded.
    async fn contenders(&self) -> Result<Option<Wanted>, ApplicationError> {
        let Some(active) = self.active_policy() else {
            return Ok(None);
        };
        let policy = active.policy.clone();
        let Some(model) = self.shared.models.get(&policy.model) else {
            return Ok(None);
        };
        let mut profile = None;
        let mut challengers = Vec::new();
        let mut trained_through_us = None;
        for row in self.contender_rows(&policy.model).await? {
            let trained = row.card.as_ref().and_then(ModelCard::trained_through_us);
            if row.model == policy.model {
                trained_through_us = trained;
                profile = row.card.map(|card| card.profile);
            } else if row.in_shadow
                && let Some(model) = self.shared.models.get(&row.model)
            {
                let thresholds = row
                    .card
                    .map_or(policy.thresholds, |card: ModelCard| card.thresholds);
                let challenger =
                    Contender::challenger(row.model, model, trained, thresholds, &policy);
                challengers.push(challenger);
            }
        }
        let champion = Contender::champion(policy.model.clone(), model, trained_through_us);
        Ok(Some(Wanted {
            policy,
            champion,
            challengers,
            profile,
        }))
    }

    /// A challenger beside the champion, as far as the board has come; `None` where it is not on the board (yet).
    pub(crate) async fn comparison(
        &self,
        challenger: &str,
    ) -> Result<Option<Comparison>, ApplicationError> {
        let (challenger, now_us) = (challenger.to_owned(), self.shared.clock.now_us());
        self.ask_board(move |board| {
            let through = board.through.0;
            board.scoreboard.comparison(&challenger, now_us, through)
        })
        .await
        .map(Option::flatten)
    }

    /// How the champion is doing; `None` before the board is there.
    pub(crate) async fn monitoring(&self) -> Result<Option<Monitoring>, ApplicationError> {
        let now_us = self.shared.clock.now_us();
        self.ask_board(move |board| board.scoreboard.monitoring(now_us, board.through.0))
            .await
    }

    async fn ask_board<A: Send + 'static>(
        &self,
        ask: impl FnOnce(&Board) -> A + Send + 'static,
    ) -> Result<Option<A>, ApplicationError> {
        let shelf = self.shared.scoreboard.clone();
        // Sorting hundreds of thousands of rows must not sit on a thread that answers requests.
        tokio::task::spawn_blocking(move || shelf.lock().as_ref().map(ask))
            .await
            .map_err(|error| ApplicationError::Training(error.to_string()))
    }
}
