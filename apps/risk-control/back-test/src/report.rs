//! What a back-test found, in figures that people decide by.

use serde::{Deserialize, Serialize};

/// Transactions and their amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub transactions: u64,
    /// Minor units.
    pub amount_minor: i64,
}

impl Counts {
    pub(crate) fn add(&mut self, amount_minor: i64) {
        self.transactions += 1;
        self.amount_minor = self.amount_minor.saturating_add(amount_minor);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.transactions += other.transactions;
        self.amount_minor = self.amount_minor.saturating_add(other.amount_minor);
    }
}

/// By what was known of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCounts {
    pub fraud: Counts,
    pub genuine: Counts,
    /// Not reported, but there was hardly time to.
    pub too_young: Counts,
    /// Declined when they happened and never labelled: they could have been either.
    pub declined_unlabelled: Counts,
}

/// What a policy does, by what was known at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFigures {
    pub approve: ClassCounts,
    pub challenge: ClassCounts,
    pub review: ClassCounts,
    pub decline: ClassCounts,
    /// Different customers with a genuine transaction that is declined.
    pub genuine_customers_declined: u64,
    /// Different customers with a genuine transaction that is not simply approved.
    pub genuine_customers_disturbed: u64,
}

impl PolicyFigures {
    /// Fraud that is declined, and fraud that is at least challenged or reviewed.
    pub fn fraud_stopped(&self) -> Counts {
        self.decline.fraud
    }

    pub fn fraud_held(&self) -> Counts {
        let mut held = self.challenge.fraud;
        held.merge(self.review.fraud);
        held
    }
}

/// Both policies at one state of knowledge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    pub active: PolicyFigures,
    pub candidate: PolicyFigures,
    /// Amount of fraud that the candidate declines more than the active policy (less: negative), in minor units.
    pub money_saved_minor: i64,
    /// The same of fraud that is challenged or reviewed, which may be stopped there.
    pub money_held_minor: i64,
    /// Genuine transactions that the candidate declines more than the active policy (fewer: negative).
    pub genuine_declined_more: i64,
}

impl Comparison {
    pub(crate) fn new(active: PolicyFigures, candidate: PolicyFigures) -> Self {
        let amount = |of: fn(&PolicyFigures) -> Counts| {
            of(&candidate)
                .amount_minor
                .saturating_sub(of(&active).amount_minor)
        };
        Self {
            money_saved_minor: amount(PolicyFigures::fraud_stopped),
            money_held_minor: amount(PolicyFigures::fraud_held),
            genuine_declined_more: candidate.decline.genuine.transactions.cast_signed()
                - active.decline.genuine.transactions.cast_signed(),
            active,
            candidate,
        }
    }
}

/// How many alerts there are, against how many can be worked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CapacityFigures {
    pub alerts: u64,
    /// Over all days of the period with transactions.
    pub mean_alerts_a_day: f64,
    pub most_alerts_a_day: u64,
    pub days_over_capacity: u64,
    /// Share of fraud among the alerts of the highest expected loss that can be worked, of those of which is known what
    /// they were; with hindsight. `None` where there is none.
    pub precision_at_capacity: Option<f64>,
    /// Amount of fraud among them, in minor units.
    pub fraud_at_capacity_minor: i64,
}

/// One day (UTC), with hindsight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayFigures {
    /// Days since 1970-01-01.
    pub day: i64,
    pub transactions: u64,
    pub active_alerts: u64,
    pub candidate_alerts: u64,
    /// Amount of fraud declined, in minor units.
    pub active_stopped_minor: i64,
    pub candidate_stopped_minor: i64,
}

/// A rule of either policy, with hindsight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFigures {
    pub rule: String,
    pub version: u32,
    /// Evaluated, but decides nothing.
    pub shadow: bool,
    pub hits: u64,
    pub fraud: Counts,
    pub genuine: Counts,
}

/// What was approved, challenged, reviewed and declined (row) and would be (column).
pub type DecisionMatrix = [[u64; 4]; 4];

/// What a back-test found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BackTestReport {
    /// The period in event time, epoch microseconds, the end not included.
    pub from_us: i64,
    pub to_us: i64,
    /// When hindsight is: the log's last moment.
    pub known_at_us: i64,
    /// Last event of the log that was looked at.
    pub through: u64,
    pub transactions: u64,
    /// Transactions of the period's log whose features are of an earlier set; nothing is said of them.
    pub left_out: u64,
    /// Whether earlier blocks change later features.
    pub counterfactual: bool,
    pub as_known_then: Comparison,
    pub with_hindsight: Comparison,
    /// From the active policy's decision to the candidate's.
    pub from_active: DecisionMatrix,
    /// From what was decided then to the candidate's.
    pub from_then: DecisionMatrix,
    pub alerts_a_day_capacity: u32,
    pub active_capacity: CapacityFigures,
    pub candidate_capacity: CapacityFigures,
    pub active_rules: Vec<RuleFigures>,
    pub candidate_rules: Vec<RuleFigures>,
    pub days: Vec<DayFigures>,
    /// What the reader must know to read the figures rightly.
    pub remarks: Vec<String>,
}
