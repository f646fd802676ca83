//! One fit of each of the three models.

use std::fmt;

use accord_learning::{
    Histories,
    ease::{self, EaseSettings},
    gram::{Gram, GramLearner, GramPlan, ITEMS_MAX, SparseGram},
    item_knn,
    item_weights::ItemWeights,
    slist::{self, SessionSums, SlistLearner, SlistPlan, SlistSettings, SparseLimits},
    train_centrally,
};

use super::TrainingFault;

/// Neighbours of an item in baskets.
pub(super) const TOGETHER_NEIGHBOURS: usize = 50;
/// The most frequent items, on which settings are compared.
const FREQUENT_ITEMS_MAX: usize = 1_000;
/// Items that take part in the solution for one, where the catalogue is too large for all.
const SUPPORT_MAX: usize = 200;
/// What is solved for then.
const LIMITS: SparseLimits<'static> = SparseLimits {
    support_max: SUPPORT_MAX,
    weights_max: 200,
    wanted: None,
};

/// How taste is learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TasteSettings {
    ridge: f64,
    dropout: f64,
}

impl TasteSettings {
    /// What is compared; the first is taken where nothing can be compared.
    pub const CANDIDATES: [Self; 6] = [
        Self::new(100.0, 0.3),
        Self::new(20.0, 0.0),
        Self::new(20.0, 0.3),
        Self::new(100.0, 0.0),
        Self::new(500.0, 0.0),
        Self::new(500.0, 0.3),
    ];

    const fn new(ridge: f64, dropout: f64) -> Self {
        Self { ridge, dropout }
    }

    /// All items, without a dense matrix where there are too many.
    pub fn fit(self, histories: &Histories, threads: usize) -> Result<ItemWeights, TrainingFault> {
        if histories.item_count() <= ITEMS_MAX {
            return self.fit_dense(histories, ITEMS_MAX, threads);
        }
        let plan = GramPlan {
            items_max: histories.item_count(),
            ..GramPlan::new(histories.item_count())
        };
        let gram = SparseGram::of(&plan, histories, threads)?;
        let weights = ease::solve_sparse(&gram, &self.ease(), SUPPORT_MAX, threads)?;
        Ok(weights)
    }

    /// Only the most frequent items, for comparisons.
    pub fn fit_frequent(
        self,
        histories: &Histories,
        threads: usize,
    ) -> Result<ItemWeights, TrainingFault> {
        self.fit_dense(histories, FREQUENT_ITEMS_MAX, threads)
    }

    fn fit_dense(
        self,
        histories: &Histories,
        items_max: usize,
        threads: usize,
    ) -> Result<ItemWeights, TrainingFault> {
        let gram = gram(histories, items_max)?;
        Ok(ease::solve(&gram, &self.ease(), threads)?)
    }

    fn ease(self) -> EaseSettings {
        EaseSettings {
            ridge: self.ridge,
            dropout: self.dropout,
            popularity_exponent: 0.0,
        }
    }
}

impl fmt::Display for TasteSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "EASE, ridge {}, dropout {}",
            self.ridge, self.dropout
        )
    }
}

/// How sessions are learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SessionSettings {
    similarity_share: f64,
    ridge: f64,
}

impl SessionSettings {
    /// What is compared; the first is taken where nothing can be compared.
    pub const CANDIDATES: [Self; 3] = [
        Self::new(0.2, 10.0),
        Self::new(0.5, 10.0),
        Self::new(0.8, 10.0),
    ];

    const fn new(similarity_share: f64, ridge: f64) -> Self {
        Self {
            similarity_share,
            ridge,
        }
    }

    /// All items, without a dense matrix where there are too many.
    pub fn fit(self, sessions: &Histories, threads: usize) -> Result<ItemWeights, TrainingFault> {
        let item_count = sessions.item_count();
        if item_count <= ITEMS_MAX {
            return self.fit_dense(sessions, ITEMS_MAX, threads);
        }
        let plan = SlistPlan {
            items_max: item_count,
            ..SlistPlan::new(item_count)
        };
        let sums = SessionSums::of(&plan, sessions, threads)?;
        let weights = slist::solve_sparse(&sums, &self.slist(), &LIMITS, threads)?;
        Ok(weights)
    }

    /// Only the most frequent items, for comparisons.
    pub fn fit_frequent(
        self,
        sessions: &Histories,
        threads: usize,
    ) -> Result<ItemWeights, TrainingFault> {
        self.fit_dense(sessions, FREQUENT_ITEMS_MAX, threads)
    }

    fn fit_dense(
        self,
        sessions: &Histories,
        items_max: usize,
        threads: usize,
    ) -> Result<ItemWeights, TrainingFault> {
        let plan = SlistPlan {
            items_max,
            ..SlistPlan::new(sessions.item_count())
        };
        let learner = SlistLearner::new(plan, self.slist(), threads)?;
        Ok(train_centrally(learner, sessions)?)
    }

    fn slist(self) -> SlistSettings {
        SlistSettings {
            similarity_share: self.similarity_share,
            ridge: self.ridge,
        }
    }
}

impl fmt::Display for SessionSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "SLIST, similarity share {}, ridge {}",
            self.similarity_share, self.ridge
        )
    }
}

/// What goes together in baskets, among the most frequent items.
pub(super) fn together(baskets: &Histories) -> Result<ItemWeights, TrainingFault> {
    Ok(item_knn::solve(
        &gram(baskets, ITEMS_MAX)?,
        TOGETHER_NEIGHBOURS,
    ))
}

fn gram(histories: &Histories, items_max: usize) -> Result<Gram, TrainingFault> {
    let plan = GramPlan {
        items_max,
        ..GramPlan::new(histories.item_count())
    };
    Ok(train_centrally(GramLearner::new(plan)?, histories)?)
}
