//! A consortium in one process: everybody's keys and the plan that all of them signed. For tests, proofs and benchmarks;
//! in production every institution keeps its own key.

mod entities;
mod trees;

use std::sync::Arc;

use accord_learning::Learner;
use rand_core::CryptoRng;
use serde::Serialize;
use thiserror::Error;

use crate::identity::Identity;
use crate::parties::Parties;
use crate::plan::{
    AgreedPlan, AgreementError, Enrolment, Institution, LearnerPlan, Plan, PrivacyPlan,
    StatisticPlan, Thresholds,
};

/// Identities and the plan that they agreed on.
#[derive(Debug, Clone)]
pub struct Consortium {
    /// The plan.
    pub agreed: AgreedPlan,
    /// In the order of the roster.
    pub institutions: Vec<Arc<Identity>>,
    /// The coordinator.
    pub coordinator: Arc<Identity>,
}

/// What a consortium wants to do, before anybody has signed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The job's name.
    pub job: String,
    /// Number of institutions.
    pub parties: usize,
    /// Institutions that may conspire.
    pub colluders: usize,
    /// Sums for which keys are set up at a time.
    pub slots_per_batch: u16,
    /// The most rows of one institution.
    pub rows_max: u64,
    /// What is summed.
    pub statistics: Vec<StatisticPlan>,
    /// The budget, where there is noise.
    pub privacy: Option<PrivacyPlan>,
    /// What is learnt.
    pub learner: LearnerPlan,
}

/// Why there is no consortium.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CannotFound {
    /// So many institutions cannot tolerate so many colluders.
    #[error("{parties} institutions cannot tolerate {colluders} colluders")]
    Thresholds {
        /// Institutions.
        parties: usize,
        /// Colluders.
        colluders: usize,
    },
    /// The plan is refused.
    #[error(transparent)]
    Agreement(#[from] AgreementError),
}

/// Why there is not even a draft.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CannotDraft {
    /// The learner refuses its plan.
    #[error("{0}")]
    Plan(String),
    /// So many rows may overflow the largest ring.
    #[error("so many rows do not fit 64-bit sums")]
    TooManyRows,
    /// One sum is longer than any may be.
    #[error("a sum of {dimension} coordinates is too long")]
    TooLong {
        /// Its coordinates.
        dimension: usize,
    },
}

/// Hyper-parameters as a plan holds them.
fn parameters(plan: &impl Serialize) -> String {
    serde_json::to_string(plan).expect("learners' plans are plain structures")
}

impl LearnerPlan {
    /// The kind of boosted trees; parameters: [`GbdtPlan`](accord_learning::gbdt::GbdtPlan).
    pub const TREES: &str = "gbdt";
    /// The kind of entity statistics; parameters: [`EntityPlan`](accord_learning::entities::EntityPlan).
    pub const ENTITIES: &str = "entities";

    /// Names a learner at its start.
    pub fn of(kind: &str, parameters: String, learner: &impl Learner) -> Self {
        Self {
            kind: kind.to_owned(),
            parameters,
            start: learner.progress_hash(),
        }
    }
}

impl Consortium {
    /// Makes identities and lets all of them sign.
    pub fn found(draft: Draft, rng: &mut impl CryptoRng) -> Result<Self, CannotFound> {
        let thresholds = Thresholds::smallest(draft.parties, draft.colluders).ok_or(
            CannotFound::Thresholds {
                parties: draft.parties,
                colluders: draft.colluders,
            },
        )?;
        let coordinator = Arc::new(Identity::random(rng));
        let institutions: Vec<Arc<Identity>> = (0..draft.parties)
            .map(|_| Arc::new(Identity::random(rng)))
            .collect();
        let roster = institutions
            .iter()
            .enumerate()
            .map(|(place, identity)| Institution {
                name: format!("institution-{place:02}"),
                identity: identity.public(),
            })
            .collect();
        let plan = Plan {
            job: draft.job,
            coordinator: coordinator.public(),
            roster,
            thresholds,
            slots_per_batch: draft.slots_per_batch,
            rows_max: draft.rows_max,
            statistics: draft.statistics,
            privacy: draft.privacy,
            learner: draft.learner,
        };
        let enrolments = Parties::first(draft.parties)
            .iter()
            .zip(&institutions)
            .map(|(party, identity)| Enrolment::sign(&plan, party, identity))
            .collect();
        Ok(Self {
            agreed: AgreedPlan::new(plan, enrolments)?,
            institutions,
            coordinator,
        })
    }
}
