//! Take note of a transaction that was decided elsewhere while this node was away.

use serde::{Deserialize, Serialize};

use super::assess_transaction::check_time;
use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, TransactionAdvised},
    features::FeatureSet,
    policy::Decision,
    state::CustomerPartition,
    transaction::Transaction,
};

/// Who decided in this node's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandIn {
    /// The card scheme.
    Scheme,
    /// The bank's processor or its core system.
    Processor,
    /// The terminal, which had no connection.
    Terminal,
}

impl StandIn {
    pub const ALL: [Self; 3] = [Self::Scheme, Self::Processor, Self::Terminal];

    pub fn name(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Processor => "processor",
            Self::Terminal => "terminal",
        }
    }
}

/// Records a transaction with the decision that somebody else made. It counts in the windows like any other.
#[derive(Clone, Debug, PartialEq)]
pub struct AdviseTransaction {
    pub transaction: Transaction,
    pub decision: Decision,
    pub decided_by: StandIn,
    /// Personal fields, sealed under the customer's key.
    pub personal: String,
}

impl AdviseTransaction {
    pub(crate) fn decide(
        &self,
        state: &CustomerPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let transaction = &self.transaction;
        let history = state.customers.get(&transaction.customer.0);
        let latest_us = history.and_then(|history| history.latest_us());
        check_time(transaction.occurred_at_us, context.now_us, latest_us)?;
        let entities = context
            .entities
            .unwrap_or_else(|| state.known_entities(transaction));
        Ok(vec![Event::TransactionAdvised(TransactionAdvised {
            transaction: transaction.clone(),
            features: FeatureSet::CURRENT.compute(history, &entities, transaction),
            decision: self.decision,
            decided_by: self.decided_by,
            personal: self.personal.clone(),
        })])
    }
}
