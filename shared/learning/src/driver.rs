//! Runs a learner to its end when all rows are at hand, in one place or at several holders, with plain sums.

use thiserror::Error;

use crate::learner::{AbsorbError, AnswerError, Learner};

/// Why a training run stopped without a model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TrainingError {
    /// A holder could not answer.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The learner refused a total.
    #[error(transparent)]
    Absorb(#[from] AbsorbError),
    /// The sum of the holders' answers left the 64-bit range.
    #[error("the sum of the answers to {query} leaves 64 bits")]
    Overflow {
        /// The query's name.
        query: String,
    },
    /// The learner asks nothing more and yet has no model: a defect of the learner.
    #[error("the learner ended without a model")]
    NoModel,
}

/// Trains on rows in one place: a sum over one holder.
pub fn train_centrally<L>(learner: L, rows: &L::Rows) -> Result<L::Model, TrainingError>
where
    L: Learner<Model: Clone>,
{
    train_centrally_with(learner, rows, L::Workspace::default())
}

/// Trains on rows in one place with a workspace of the caller's making (one with more threads, say).
pub fn train_centrally_with<L>(
    learner: L,
    rows: &L::Rows,
    workspace: L::Workspace,
) -> Result<L::Model, TrainingError>
where
    L: Learner<Model: Clone>,
{
    train(learner, &mut [(rows, workspace)])
}

/// Trains on rows spread over `holders` by summing their answers in the clear.
///
/// This is what a secure sum computes, without the secrecy: for simulations and for the proof that the spread of rows
/// does not matter.
pub fn train_over_holders<L>(learner: L, holders: &[&L::Rows]) -> Result<L::Model, TrainingError>
where
    L: Learner<Model: Clone>,
{
    let mut holders: Vec<_> = holders
        .iter()
        .map(|rows| (*rows, L::Workspace::default()))
        .collect();
    train(learner, &mut holders)
}

fn train<L>(
    mut learner: L,
    holders: &mut [(&L::Rows, L::Workspace)],
) -> Result<L::Model, TrainingError>
where
    L: Learner<Model: Clone>,
{
    while let Some(query) = learner.next_query() {
        let mut total = vec![0i64; query.dimension];
        for (rows, workspace) in holders.iter_mut() {
            let answer = learner.answer(rows, workspace)?;
            add(&mut total, &answer).ok_or_else(|| TrainingError::Overflow {
                query: query.name.clone(),
            })?;
        }
        learner.absorb(&total)?;
    }
    learner.model().cloned().ok_or(TrainingError::NoModel)
}

fn add(total: &mut [i64], answer: &[i64]) -> Option<()> {
    debug_assert_eq!(
        total.len(),
        answer.len(),
        "an answer has the query's dimension"
    );
    for (sum, addend) in total.iter_mut().zip(answer) {
        *sum = sum.checked_add(*addend)?;
    }
    Some(())
}
