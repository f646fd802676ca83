//! Ways to recommend to a user that training does not know.

use std::fmt;

use accord_learning::{
    Histories,
    ease::{self, EaseLearner, EaseSettings},
    gram::{Gram, GramLearner, GramPlan, ITEMS_MAX, SparseGram},
    ials::{IalsLearner, IalsModel, IalsPlan},
    item_knn,
    item_weights::{ItemWeights, WeightedItem},
    popularity::{Popularity, PopularityLearner, PopularityPlan},
    train_centrally,
};
use anyhow::Result;

use crate::recommend::evaluate::in_parallel::threads;

/// A model with all its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plan {
    Popularity,
    Neighbours {
        neighbours: usize,
    },
    Ease {
        length_exponent: f64,
        settings: EaseSettings,
        /// Only the so many most frequent items take part.
        items_max: usize,
    },
    /// EASE over all items, each from the items most strongly coupled to it.
    SparseEase {
        settings: EaseSettings,
    },
    /// Factors, for catalogues too large for all pairs.
    Ials {
        ridge: f64,
    },
}

/// Items that take part in the solution for one, where not all can.
const SUPPORT_MAX: usize = 300;
const FACTORS: usize = 48;

/// A trained model.
pub enum Fitted {
    Popularity(Popularity),
    Weights(ItemWeights),
    Factors(IalsModel),
}

impl Plan {
    /// Trains on histories in one place.
    pub fn fit(&self, histories: &Histories) -> Result<Fitted> {
        let item_count = histories.item_count();
        Ok(match self {
            Self::Popularity => {
                let learner = PopularityLearner::new(PopularityPlan::new(item_count))?;
                Fitted::Popularity(train_centrally(learner, histories)?)
            }
            Self::Neighbours { neighbours } => Fitted::Weights(item_knn::solve(
                &gram(histories, 0.0, ITEMS_MAX)?,
                *neighbours,
            )),
            Self::Ease { .. } => {
                Fitted::Weights(train_centrally(self.learner(item_count)?, histories)?)
            }
            Self::SparseEase { settings } => {
                let plan = GramPlan {
                    items_max: item_count,
                    ..GramPlan::new(item_count)
                };
                let pairs = SparseGram::of(&plan, histories, threads())?;
                let weights = ease::solve_sparse(&pairs, settings, SUPPORT_MAX, threads())?;
                Fitted::Weights(weights)
            }
            Self::Ials { ridge } => {
                let plan = IalsPlan {
                    factors: FACTORS,
                    ridge: *ridge,
                    ..IalsPlan::new(item_count)
                };
                Fitted::Factors(train_centrally(IalsLearner::new(plan)?, histories)?)
            }
        })
    }

    /// Solves from sums that are there already, where the model is one of those.
    pub fn solve(&self, gram: &Gram) -> Result<Option<Fitted>> {
        Ok(match self {
            Self::Popularity | Self::SparseEase { .. } | Self::Ials { .. } => None,
            Self::Neighbours { neighbours } => {
                Some(Fitted::Weights(item_knn::solve(gram, *neighbours)))
            }
            Self::Ease { settings, .. } => {
                Some(Fitted::Weights(ease::solve(gram, settings, threads())?))
            }
        })
    }

    /// Whether several merchants can train the model as one, by exact sums, with [`learner`](Self::learner).
    pub fn is_federable(&self) -> bool {
        matches!(self, Self::Ease { .. })
    }

    /// The learner of exact sums.
    pub fn learner(&self, item_count: usize) -> Result<EaseLearner> {
        match self {
            Self::Ease {
                length_exponent,
                settings,
                items_max,
            } => Ok(EaseLearner::new(
                gram_plan(item_count, *length_exponent, *items_max),
                *settings,
                threads(),
            )?),
            _ => anyhow::bail!("{self} has no learner of its own here"),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Popularity => write!(f, "users by item"),
            Self::Neighbours { neighbours } => write!(f, "{neighbours} neighbours an item"),
            Self::Ease {
                length_exponent,
                settings,
                ..
            } => write!(
                f,
                "ridge {}, dropout {}, popularity exponent {}, length exponent {}",
                settings.ridge, settings.dropout, settings.popularity_exponent, length_exponent
            ),
            Self::SparseEase { settings } => write!(
                f,
                "{SUPPORT_MAX} items an item, ridge {}, dropout {}, popularity exponent {}",
                settings.ridge, settings.dropout, settings.popularity_exponent
            ),
            Self::Ials { ridge } => write!(f, "{FACTORS} factors, ridge {ridge}"),
        }
    }
}

/// Sums the co-occurrences.
pub fn gram(histories: &Histories, length_exponent: f64, items_max: usize) -> Result<Gram> {
    let learner = GramLearner::new(gram_plan(
        histories.item_count(),
        length_exponent,
        items_max,
    ))?;
    Ok(train_centrally(learner, histories)?)
}

fn gram_plan(item_count: usize, length_exponent: f64, items_max: usize) -> GramPlan {
    GramPlan {
        length_exponent,
        items_max,
        ..GramPlan::new(item_count)
    }
}

impl Fitted {
    /// Items of the catalogue.
    pub fn item_count(&self) -> usize {
        match self {
            Self::Popularity(popularity) => popularity.weights().len(),
            Self::Weights(weights) => weights.item_count(),
            Self::Factors(model) => model.item_count(),
        }
    }

    /// Scores all items for a history.
    pub fn add_scores(&self, history: &[u32], scores: &mut [f64]) {
        match self {
            Self::Popularity(popularity) => {
                for (score, weight) in scores.iter_mut().zip(popularity.weights()) {
                    *score += weight;
                }
            }
            Self::Weights(weights) => weights.add_scores(&WeightedItem::all(history), scores),
            Self::Factors(model) => model.add_scores(history, scores),
        }
    }

    pub fn content_hash(&self) -> Option<String> {
        match self {
            Self::Popularity(popularity) => Some(popularity.content_hash()),
            Self::Weights(weights) => Some(weights.content_hash()),
            Self::Factors(model) => Some(model.content_hash()),
        }
    }
}
