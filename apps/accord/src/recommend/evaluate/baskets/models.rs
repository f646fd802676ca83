//! Ways to complete a basket.

use std::{fmt, sync::Arc};

use accord_learning::{
    Histories,
    ease::{self, EaseSettings},
    gram::{Gram, GramLearner, GramPlan},
    item_knn,
    item_weights::{ItemWeights, WeightedItem},
    popularity::{Popularity, PopularityLearner, PopularityPlan},
    train_centrally,
};
use anyhow::Result;

use super::{cases::BasketCase, training::TrainingTable};
use crate::recommend::evaluate::{catalogue::Catalogue, in_parallel::threads};

/// A model with all its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plan {
    Popularity,
    Neighbours {
        neighbours: usize,
    },
    Ease(EaseSettings),
    /// EASE, and what the shopper bought before.
    Shopper(ShopperPlan),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShopperPlan {
    /// From the items of the basket, learnt over baskets.
    pub basket: EaseSettings,
    /// From the items bought before, learnt over shoppers.
    pub history: EaseSettings,
    /// What an item of all those bought before counts beside one of the basket: this / √(their number).
    pub history_share: f64,
    /// Added for an item bought n times before: this · n / (n + 1).
    pub repeat_share: f64,
}

/// A trained model.
pub enum Fitted {
    Popularity(Popularity),
    Weights(Arc<ItemWeights>),
    Shopper {
        basket: Arc<ItemWeights>,
        history: Arc<ItemWeights>,
        plan: ShopperPlan,
    },
}

/// The sums of one training table, and the weights solved last.
pub struct Trained {
    baskets: Histories,
    basket_gram: Gram,
    user_gram: Gram,
    basket_weights: Option<(EaseSettings, Arc<ItemWeights>)>,
    user_weights: Option<(EaseSettings, Arc<ItemWeights>)>,
}

impl Trained {
    pub fn new(training: &TrainingTable, catalogue: &Catalogue) -> Result<Self> {
        let gram = |histories: &Histories| -> Result<Gram> {
            let learner = GramLearner::new(GramPlan::new(catalogue.len()))?;
            Ok(train_centrally(learner, histories)?)
        };
        let baskets = training.baskets(catalogue)?;
        Ok(Self {
            basket_gram: gram(&baskets)?,
            user_gram: gram(&training.users(catalogue)?)?,
            baskets,
            basket_weights: None,
            user_weights: None,
        })
    }

    pub fn fit(&mut self, plan: &Plan) -> Result<Fitted> {
        Ok(match plan {
            Plan::Popularity => {
                let plan = PopularityPlan::new(self.baskets.item_count());
                Fitted::Popularity(train_centrally(
                    PopularityLearner::new(plan)?,
                    &self.baskets,
                )?)
            }
            Plan::Neighbours { neighbours } => {
                Fitted::Weights(Arc::new(item_knn::solve(&self.basket_gram, *neighbours)))
            }
            Plan::Ease(settings) => Fitted::Weights(solved(
                &mut self.basket_weights,
                &self.basket_gram,
                settings,
            )?),
            Plan::Shopper(plan) => Fitted::Shopper {
                basket: solved(&mut self.basket_weights, &self.basket_gram, &plan.basket)?,
                history: solved(&mut self.user_weights, &self.user_gram, &plan.history)?,
                plan: *plan,
            },
        })
    }
}

fn solved(
    last: &mut Option<(EaseSettings, Arc<ItemWeights>)>,
    gram: &Gram,
    settings: &EaseSettings,
) -> Result<Arc<ItemWeights>> {
    if let Some((known, weights)) = last
        && known == settings
    {
        return Ok(Arc::clone(weights));
    }
    *last = None;
    let weights = Arc::new(ease::solve(gram, settings, threads())?);
    *last = Some((*settings, Arc::clone(&weights)));
    Ok(weights)
}

impl Fitted {
    /// Items of the catalogue.
    pub fn item_count(&self) -> usize {
        match self {
            Self::Popularity(popularity) => popularity.weights().len(),
            Self::Weights(weights)
            | Self::Shopper {
                basket: weights, ..
            } => weights.item_count(),
        }
    }

    /// Scores all items for a basket.
    pub fn add_scores(&self, case: &BasketCase, scores: &mut [f64]) {
        match self {
            Self::Popularity(popularity) => {
                for (score, weight) in scores.iter_mut().zip(popularity.weights()) {
                    *score += weight;
                }
            }
            Self::Weights(weights) => weights.add_scores(&WeightedItem::all(&case.basket), scores),
            Self::Shopper {
                basket,
                history,
                plan,
            } => {
                basket.add_scores(&WeightedItem::all(&case.basket), scores);
                let weight = plan.history_share / (case.earlier.len().max(1) as f64).sqrt();
                let earlier: Vec<WeightedItem> = case
                    .earlier
                    .iter()
                    .map(|(item, _)| WeightedItem {
                        item: *item,
                        weight,
                    })
                    .collect();
                history.add_scores(&earlier, scores);
                for (item, count) in &case.earlier {
                    let count = f64::from(*count);
                    scores[*item as usize] += plan.repeat_share * count / (count + 1.0);
                }
            }
        }
    }

    pub fn content_hash(&self) -> Option<String> {
        match self {
            Self::Popularity(popularity) => Some(popularity.content_hash()),
            Self::Weights(weights) => Some(weights.content_hash()),
            Self::Shopper { .. } => None,
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Popularity => write!(f, "baskets by item"),
            Self::Neighbours { neighbours } => write!(f, "{neighbours} neighbours an item"),
            Self::Ease(settings) => write!(
                f,
                "ridge {}, dropout {}, popularity exponent {}",
                settings.ridge, settings.dropout, settings.popularity_exponent
            ),
            Self::Shopper(plan) => write!(
                f,
                "{}; history counts {}, a repeat {}",
                Self::Ease(plan.basket),
                plan.history_share,
                plan.repeat_share
            ),
        }
    }
}
