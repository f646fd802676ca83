//! Training a merchant's models on its own histories, sessions and baskets.
//!
//! Settings are chosen on shoppers that are held out (one in ten, by a hash of their reference), and the figures of the
//! card are measured on them. The model that is given is then trained on everybody.

mod card;
mod fit;
mod training_set;
mod validation;

use accord_learning::{
    TrainingError as LearnerError, gram::PlanError, spd_inverse::NotPositiveDefinite,
};
pub use card::{ModelCard, ModelFigures};
use fit::{SessionSettings, TasteSettings};
pub use training_set::TrainingSet;
use validation::HeldOut;

use crate::model::RecommendationModel;

/// Why no model came of a training.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TrainingFault(String);

impl From<LearnerError> for TrainingFault {
    fn from(error: LearnerError) -> Self {
        Self(error.to_string())
    }
}

impl From<PlanError> for TrainingFault {
    fn from(error: PlanError) -> Self {
        Self(error.to_string())
    }
}

impl From<NotPositiveDefinite> for TrainingFault {
    fn from(error: NotPositiveDefinite) -> Self {
        Self(error.to_string())
    }
}

/// Shoppers below which nothing can be learned.
const SHOPPERS_MIN: usize = 2;

/// Trains on everything that was collected; `None` where there are no items or fewer than two shoppers who did something.
///
/// The same set gives the same model, bit by bit, whatever the number of threads.
pub fn train(
    set: &TrainingSet,
    threads: usize,
) -> Result<Option<(RecommendationModel, ModelCard)>, TrainingFault> {
    let all = set.histories(|_| true);
    if all.item_count() == 0 || all.histories.len() < SHOPPERS_MIN {
        return Ok(None);
    }
    let chosen = choose(set, threads)?;
    let model = RecommendationModel {
        taste: chosen.taste.fit(&all.histories, threads)?,
        session: chosen.session.fit(&all.sessions, threads)?,
        together: fit::together(&all.baskets)?,
    };
    let card = ModelCard {
        trained_through: 0,
        items: all.item_count() as u64,
        shoppers: all.histories.len() as u64,
        sessions: all.sessions.len() as u64,
        baskets: all.baskets.len() as u64,
        settings: format!(
            "taste: {}; session: {}; together: cosine of baskets, {} neighbours an item",
            chosen.taste,
            chosen.session,
            fit::TOGETHER_NEIGHBOURS
        ),
        validation: chosen.figures.map(|(taste, _)| taste),
        popularity: chosen.figures.map(|(_, popularity)| popularity),
        validation_cases: chosen.cases,
    };
    Ok(Some((model, card)))
}

struct Choice {
    taste: TasteSettings,
    session: SessionSettings,
    /// Of taste and of popularity.
    figures: Option<(ModelFigures, ModelFigures)>,
    cases: u64,
}

/// The settings that held-out shoppers like best; the first ones where too few are held out.
fn choose(set: &TrainingSet, threads: usize) -> Result<Choice, TrainingFault> {
    let mut choice = Choice {
        taste: TasteSettings::CANDIDATES[0],
        session: SessionSettings::CANDIDATES[0],
        figures: None,
        cases: 0,
    };
    let Some(held_out) = HeldOut::of(set) else {
        return Ok(choice);
    };
    let training = set.histories(|shopper| !validation::is_held_out(shopper));
    let mut best: Option<ModelFigures> = None;
    for candidate in TasteSettings::CANDIDATES {
        let weights = candidate.fit_frequent(&training.histories, threads)?;
        let figures = held_out.taste_figures(&weights);
        if best.is_none_or(|best| figures.ndcg_at_100 > best.ndcg_at_100) {
            (choice.taste, best) = (candidate, Some(figures));
        }
    }
    let mut best_hits = None;
    for candidate in SessionSettings::CANDIDATES {
        let weights = candidate.fit_frequent(&training.sessions, threads)?;
        let hits = held_out.next_item_hits(&weights);
        if best_hits.is_none_or(|best| hits > best) {
            (choice.session, best_hits) = (candidate, Some(hits));
        }
    }
    // What the card says is measured on the model of all items, not on that of the frequent ones.
    let taste = choice.taste.fit(&training.histories, threads)?;
    let popularity = held_out.popularity_figures(&training.histories)?;
    choice.figures = Some((held_out.taste_figures(&taste), popularity));
    choice.cases = held_out.cases();
    Ok(choice)
}

#[cfg(test)]
mod tests;
