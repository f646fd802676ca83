//! One bank in memory: transactions of the past and what became known of them, through the decider.

use std::sync::Arc;

use accord_decider::{Decider, LoggedDecider, PartitionId};
use risk_control::{
    Command, Context, Decision, ImportTransaction, Label, LabelSource, LabelTransaction,
    LabelledPurchase, ModelLibrary, PartitionState, Rejection, RiskControl, TrainingSet,
    Transaction,
};

/// A bank with one partition and without a log. What is given to it must come in the order in which it happened.
pub struct Rehearsal {
    state: PartitionState,
    context: Context,
    set: TrainingSet,
}

impl Default for Rehearsal {
    fn default() -> Self {
        Self {
            state: RiskControl::initial(PartitionId(1)),
            context: Context {
                now_us: 0,
                models: Arc::new(ModelLibrary::default()),
                entities: None,
            },
            set: TrainingSet::default(),
        }
    }
}

impl Rehearsal {
    /// A transaction happened.
    pub fn import(&mut self, transaction: Transaction) -> Result<(), Rejection> {
        self.context.now_us = transaction.occurred_at_us;
        self.decide(&Command::ImportTransaction(ImportTransaction {
            transaction,
            decision: Decision::Approve,
            personal: String::new(),
        }))
    }

    /// It became known that a transaction was fraud.
    pub fn report(&mut self, transaction: &Transaction, known_at_us: i64) -> Result<(), Rejection> {
        self.context.now_us = known_at_us;
        self.decide(&Command::LabelTransaction(LabelTransaction {
            transaction_id: transaction.transaction_id.clone(),
            customer: transaction.customer,
            purchase: LabelledPurchase::of(transaction),
            label: Label::Fraud,
            source: LabelSource::Chargeback,
            known_at_us: Some(known_at_us),
            note: None,
        }))
    }

    /// Features and labels of everything that happened, in its order.
    pub fn into_training_set(self) -> TrainingSet {
        self.set
    }

    fn decide(&mut self, command: &Command) -> Result<(), Rejection> {
        for event in RiskControl::decide(&self.state, &self.context, command)? {
            RiskControl::evolve(&mut self.state, &event);
            self.set.add(&event);
        }
        Ok(())
    }
}
