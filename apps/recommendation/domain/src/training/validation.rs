//! Shoppers whom a training does not see, and what a model makes of them.

use accord_learning::{
    Histories,
    item_weights::{ItemWeights, WeightedItem},
    metrics::top_n::{best_items, ndcg, recall},
    popularity::{PopularityLearner, PopularityPlan},
    train_centrally,
};

use super::{ModelFigures, TrainingFault, TrainingSet};
use crate::ids::mix;

/// One shopper in so many is held out.
const HELD_OUT_ONE_IN: u64 = 10;
/// Fewer distinct items than this say nothing.
const ITEMS_MIN: usize = 5;
/// Fewer cases than this choose nothing.
const CASES_MIN: usize = 20;
/// More cases than this only cost time.
const CASES_MAX: usize = 2_000;
/// Share of a history, the later one, that is to be foretold.
const TARGET_SHARE: f64 = 0.2;

/// Whether a shopper is held out.
pub(super) fn is_held_out(shopper: u64) -> bool {
    mix(shopper).is_multiple_of(HELD_OUT_ONE_IN)
}

/// Held-out shoppers: what is shown of each, and what is to be foretold.
pub(super) struct HeldOut {
    item_count: usize,
    cases: Vec<Case>,
}

struct Case {
    shown: Vec<u32>,
    targets: Vec<u32>,
}

impl HeldOut {
    /// `None` where too few are.
    pub fn of(set: &TrainingSet) -> Option<Self> {
        let cases: Vec<Case> = set
            .each_shopper()
            .filter(|(shopper, _)| is_held_out(*shopper))
            .filter_map(|(_, items)| Case::of(&items))
            .take(CASES_MAX)
            .collect();
        (cases.len() >= CASES_MIN).then_some(Self {
            item_count: set.item_count(),
            cases,
        })
    }

    pub fn cases(&self) -> u64 {
        self.cases.len() as u64
    }

    /// Figures of a model that adds up what is shown.
    pub fn taste_figures(&self, weights: &ItemWeights) -> ModelFigures {
        self.figures(|case, scores| weights.add_scores(&WeightedItem::all(&case.shown), scores))
    }

    /// Figures of what was popular in training.
    pub fn popularity_figures(&self, training: &Histories) -> Result<ModelFigures, TrainingFault> {
        let learner = PopularityLearner::new(PopularityPlan::new(self.item_count))?;
        let popularity = train_centrally(learner, training)?;
        Ok(self.figures(|_, scores| {
            for (score, weight) in scores.iter_mut().zip(popularity.weights()) {
                *score = weight;
            }
        }))
    }

    /// How often the first item that is to be foretold is among the first 20, from the last three that are shown.
    pub fn next_item_hits(&self, weights: &ItemWeights) -> usize {
        let mut scores = vec![0.0; self.item_count];
        let hit = |case: &&Case| {
            scores.fill(0.0);
            let latest = case.shown.iter().rev().take(3).enumerate();
            let session: Vec<WeightedItem> = latest
                .map(|(steps, item)| WeightedItem {
                    item: *item,
                    weight: (-(steps as f64)).exp(),
                })
                .collect();
            weights.add_scores(&session, &mut scores);
            let best = best_items(&scores, 20, |item| case.shown.contains(&item));
            best.contains(&case.targets[0])
        };
        self.cases.iter().filter(hit).count()
    }

    fn figures(&self, mut score: impl FnMut(&Case, &mut [f64])) -> ModelFigures {
        let mut scores = vec![0.0; self.item_count];
        let (mut recall_sum, mut ndcg_sum) = (0.0, 0.0);
        for case in &self.cases {
            scores.fill(0.0);
            score(case, &mut scores);
            let best = best_items(&scores, 100, |item| case.shown.contains(&item));
            let targets = case.targets.len();
            recall_sum += recall(&best, &case.targets, targets, 20).unwrap_or(0.0);
            ndcg_sum += ndcg(&best, &case.targets, targets, 100).unwrap_or(0.0);
        }
        let cases = self.cases.len() as f64;
        ModelFigures {
            recall_at_20: recall_sum / cases,
            ndcg_at_100: ndcg_sum / cases,
        }
    }
}

impl Case {
    /// A history cut in two; `None` where it is too short.
    fn of(items: &[u32]) -> Option<Self> {
        let mut distinct: Vec<u32> = Vec::new();
        for item in items {
            if !distinct.contains(item) {
                distinct.push(*item);
            }
        }
        if distinct.len() < ITEMS_MIN {
            return None;
        }
        let targets = ((distinct.len() as f64 * TARGET_SHARE) as usize).max(1);
        let targets = distinct.split_off(distinct.len() - targets);
        Some(Self {
            shown: distinct,
            targets,
        })
    }
}
