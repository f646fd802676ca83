//! The trainings that are measured.

use std::{fs, thread::available_parallelism, time::Instant};

use accord_bench::process::ProcessUsage;
use accord_learning::{
    Histories,
    ease::{self, EaseSettings},
    gram::{GramLearner, GramPlan, ITEMS_MAX, SparseGram},
    ials::{IalsLearner, IalsPlan},
    slist::{self, SessionSums, SlistPlan, SlistSettings, SparseLimits},
    train_centrally,
};
use anyhow::{Context, Result};

use super::TrainingCost;

/// Items that take part in the solution for one, where not all can.
const SUPPORT_MAX: usize = 200;
const LIMITS: SparseLimits<'static> = SparseLimits {
    support_max: SUPPORT_MAX,
    weights_max: 500,
    wanted: None,
};
const EASE: EaseSettings = EaseSettings {
    ridge: 100.0,
    dropout: 0.33,
    popularity_exponent: 0.1,
};
const SLIST: SlistSettings = SlistSettings {
    similarity_share: 0.4,
    ridge: 10.0,
};

/// A way to train.
#[derive(Clone, Copy, Debug)]
pub enum Training {
    DenseEase,
    SparseEase,
    Slist,
    Factors,
}

impl Training {
    /// What suits a catalogue of this size.
    pub fn for_catalogue(items: usize) -> Vec<Self> {
        let ease = if items <= ITEMS_MAX {
            Self::DenseEase
        } else {
            Self::SparseEase
        };
        vec![ease, Self::Slist, Self::Factors]
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::DenseEase => "EASE, dense",
            Self::SparseEase => "EASE, sparse",
            Self::Slist => "SLIST, sparse",
            Self::Factors => "iALS, 32 factors, 3 rounds",
        }
    }

    pub fn measure(self, histories: &Histories) -> Result<TrainingCost> {
        let items = histories.item_count();
        let threads = available_parallelism().map_or(1, usize::from);
        let plan = GramPlan {
            items_max: items,
            ..GramPlan::new(items)
        };
        // 5 resets the most memory that the process has had (man page proc(5)).
        fs::write("/proc/self/clear_refs", "5").context("the process's own memory figures")?;
        let start = Instant::now();
        let (summed, model_bytes) = match self {
            Self::DenseEase => {
                let gram = train_centrally(GramLearner::new(plan)?, histories)?;
                (Instant::now(), ease::solve(&gram, &EASE, threads)?.bytes())
            }
            Self::SparseEase => {
                let gram = SparseGram::of(&plan, histories, threads)?;
                (
                    Instant::now(),
                    ease::solve_sparse(&gram, &EASE, SUPPORT_MAX, threads)?.bytes(),
                )
            }
            Self::Slist => {
                let plan = SlistPlan {
                    items_max: items,
                    ..SlistPlan::new(items)
                };
                let sums = SessionSums::of(&plan, histories, threads)?;
                (
                    Instant::now(),
                    slist::solve_sparse(&sums, &SLIST, &LIMITS, threads)?.bytes(),
                )
            }
            Self::Factors => {
                let plan = IalsPlan {
                    rounds: 3,
                    ..IalsPlan::new(items)
                };
                let factors = plan.factors;
                train_centrally(IalsLearner::new(plan)?, histories)?;
                (Instant::now(), items * factors * size_of::<f64>())
            }
        };
        Ok(TrainingCost {
            items,
            shoppers: histories.len(),
            events: histories.event_count(),
            sums_seconds: (summed - start).as_secs_f64(),
            solve_seconds: summed.elapsed().as_secs_f64(),
            resident_bytes_max: ProcessUsage::now()?.resident_bytes_max,
            model_bytes,
            dense_bytes: (items * items * size_of::<f64>()) as u64,
        })
    }
}
