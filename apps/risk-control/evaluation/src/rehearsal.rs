//! One bank in memory: transactions of the past and what became known of them, through the decider.

use std::sync::Arc;

use accord_decider::{Decider, LoggedDecider, PartitionId};
use risk_control::{
    Command, Context, Decision, EntityDirectory, EntityRecords, EntitySummaries, ImportTransaction,
    Label, LabelSource, LabelTransaction, LabelledPurchase, ModelLibrary, PartitionState,
    Rejection, RiskControl, SharedCell, TrainingSet, Transaction,
};

/// A bank with one partition and without a log. What is given to it must come in the order in which it happened.
pub struct Rehearsal {
    state: PartitionState,
    context: Context,
    set: TrainingSet,
    /// What other banks shared of terminals; `None` where nobody shares.
    others: Option<EntityDirectory>,
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
            others: None,
        }
    }
}

impl Rehearsal {
    /// Other banks shared what they saw of a terminal.
    pub fn learn_shared(&mut self, terminal_id: &str, cell: &SharedCell) {
        let others = self.others.get_or_insert_default();
        others.add_shared_terminal(terminal_id, cell);
    }

    /// A transaction happened.
    pub fn import(&mut self, transaction: Transaction) -> Result<(), Rejection> {
        self.context.now_us = transaction.occurred_at_us;
        self.context.entities = self.known_entities(&transaction);
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

    /// Own and others' parts of what is known of a transaction's entities, where others share theirs.
    fn known_entities(&self, transaction: &Transaction) -> Option<EntitySummaries> {
        let others = self.others.as_ref()?;
        let own = match &self.state {
            PartitionState::Customers(state) => state.entities.records(transaction),
            PartitionState::Control(_) => EntityRecords::default(),
        };
        Some(EntitySummaries::of(
            &[own, others.records(transaction)],
            transaction.customer.0,
            transaction.occurred_at_us,
        ))
    }

    fn decide(&mut self, command: &Command) -> Result<(), Rejection> {
        for event in RiskControl::decide(&self.state, &self.context, command)? {
            RiskControl::evolve(&mut self.state, &event);
            self.set.add(&event);
        }
        Ok(())
    }
}
