//! What a partition knows: customers in a data partition, governance in the control partition.

use std::collections::HashMap;

use accord_decider::PartitionOffset;
use serde::{Deserialize, Serialize};

use crate::{
    aftermath::Happened,
    cases::{CaseBook, CaseSettings},
    commands::Rejection,
    entities::{ConfirmedFraud, EntityDirectory, EntitySummaries},
    events::{Event, LabelWithdrawn, TransactionLabelled},
    governance::{Draft, Governance},
    history::{CustomerHistory, Purchase},
    ids::{CustomerReference, text_hash},
    labels::ParkedLabels,
    lists::ListIndex,
    model::ModelRegistry,
    policy::Policy,
    transaction::{Label, Transaction},
    webhooks::WebhookSubscriptions,
};

/// State of one partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PartitionState {
    Control(ControlState),
    Customers(CustomerPartition),
}

/// Governance of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ControlState {
    /// Events of the control partition so far, which is also the offset of its last one.
    pub offset: PartitionOffset,
    /// All published models.
    pub models: ModelRegistry,
    /// The active policy, and the offset of its activation.
    pub active: Option<(PartitionOffset, Policy)>,
    /// Settings of case work, and the offset of their last change.
    pub case_settings: Option<(PartitionOffset, CaseSettings)>,
    pub webhooks: WebhookSubscriptions,
    /// Drafts, lists and earlier policies.
    pub governance: Governance,
}

/// The customers of a data partition, and the policy that it has adopted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerPartition {
    pub customers: HashMap<u64, CustomerHistory>,
    /// Terminals, cards, devices and addresses as far as these customers used them.
    pub entities: EntityDirectory,
    /// The adopted policy with its offset in the control partition; `None` before the first adoption.
    pub adopted: Option<(PartitionOffset, Policy)>,
    /// The lists, as far as they are adopted.
    pub lists: ListIndex,
    /// Adoptions so far.
    pub adoptions: u64,
    pub cases: CaseBook,
    /// The adopted settings of case work with their offset in the control partition.
    pub case_settings: Option<(PartitionOffset, CaseSettings)>,
    /// Labels of transactions that are not known yet. Their hash, not a customer, leads to this partition.
    pub parked_labels: ParkedLabels,
}

impl ControlState {
    /// The active policy.
    pub(crate) fn active_policy(&self) -> Result<&Policy, Rejection> {
        self.active
            .as_ref()
            .map(|(_, policy)| policy)
            .ok_or(Rejection::NoPolicy)
    }

    /// The newest earlier policy over another model than the one that decides: what a roll-back leads to.
    pub fn previous_model(&self) -> Option<&Policy> {
        let (_, active) = self.active.as_ref()?;
        self.governance.previous_model(active)
    }

    /// A draft that is neither activated nor discarded, unchanged since `expected_version` where one is given.
    pub(crate) fn draft(
        &self,
        number: u64,
        expected_version: Option<u64>,
    ) -> Result<&Draft, Rejection> {
        let draft = self
            .governance
            .drafts
            .get(&number)
            .ok_or(Rejection::UnknownDraft)?;
        match expected_version {
            Some(expected) if expected != draft.version => Err(Rejection::DraftChanged),
            _ => Ok(draft),
        }
    }

    /// Version of an event's entity once the event is folded.
    pub(crate) fn entity_version(&self, event: &Event) -> u64 {
        match event {
            Event::PolicyDrafted(event) => self.governance.draft_version(event.draft),
            Event::PolicyDraftSubmitted(event) => self.governance.draft_version(event.draft),
            Event::PolicyDraftApproved(event) => self.governance.draft_version(event.draft),
            Event::PolicyDraftRejected(event) => self.governance.draft_version(event.draft),
            Event::PolicyDraftClosed(event) => self.governance.draft_version(event.draft),
            Event::RuleSwitchedOff(event) => self.governance.rule_version(&event.rule),
            Event::SwitchOffReviewed(event) => self.governance.rule_version(&event.rule),
            Event::ModelPublished(event) => self.models.version(&event.model),
            Event::ShadowStarted(event) => self.models.version(&event.model),
            Event::ShadowEnded(event) => self.models.version(&event.model),
            Event::ModelRolledBack(event) => self.models.version(&event.model),
            Event::RollBackReviewed(event) => self.models.version(&event.model),
            _ => 1,
        }
    }
}

impl CustomerPartition {
    /// The settings by which alerts are raised here.
    pub(crate) fn case_settings(&self) -> &CaseSettings {
        self.case_settings
            .as_ref()
            .map_or(&CaseSettings::INITIAL, |(_, settings)| settings)
    }

    /// Counts an event of a customer and gives its history.
    pub(crate) fn touch(&mut self, customer: u64) -> &mut CustomerHistory {
        let history = self.customers.entry(customer).or_default();
        history.version += 1;
        history
    }

    /// What this partition alone knows of a transaction's entities.
    pub(crate) fn known_entities(&self, transaction: &Transaction) -> EntitySummaries {
        EntitySummaries::of(
            &[self.entities.records(transaction)],
            transaction.customer.0,
            transaction.occurred_at_us,
        )
    }

    /// What has happened to one of a customer's transactions since it was decided.
    pub(crate) fn happened(&self, customer: CustomerReference, transaction: u64) -> Happened {
        self.customers
            .get(&customer.0)
            .map(|history| history.happenings.of(transaction))
            .unwrap_or_default()
    }

    /// Something happened to one of a customer's transactions.
    pub(crate) fn happens(
        &mut self,
        customer: CustomerReference,
        transaction_id: &str,
        at_us: i64,
        change: impl FnOnce(&mut Happened),
    ) {
        let happenings = &mut self.touch(customer.0).happenings;
        happenings.change(text_hash(transaction_id), at_us, change);
    }

    /// A transaction happened, whoever decided it.
    pub(crate) fn add_transaction(&mut self, transaction: &Transaction) {
        let at_us = transaction.occurred_at_us;
        let history = self.touch(transaction.customer.0);
        history.add(Purchase {
            at_us,
            amount_minor: transaction.amount_minor,
        });
        history
            .terminals
            .add(text_hash(&transaction.terminal_id), at_us);
        if let Some(device) = transaction.device {
            history.devices.add(device.number(), at_us);
        }
        self.entities.add(transaction);
    }

    /// It is not known any more what a transaction was.
    pub(crate) fn withdraw_label(&mut self, withdrawn: &LabelWithdrawn) {
        let frauds = &mut self.touch(withdrawn.customer.0).frauds;
        frauds.retract(text_hash(&withdrawn.transaction_id));
        // Nothing is counted for genuine transactions, so that label takes the fraud back, too.
        self.entities.label(
            &withdrawn.transaction_id,
            &withdrawn.purchase,
            Label::Genuine,
            withdrawn.known_at_us,
        );
    }

    /// It became known what a transaction was.
    pub(crate) fn label_transaction(&mut self, labelled: &TransactionLabelled) {
        let frauds = &mut self.touch(labelled.customer.0).frauds;
        // A label of version 1 says nothing of its transaction.
        let Some(purchase) = &labelled.purchase else {
            return;
        };
        let transaction = text_hash(&labelled.transaction_id);
        match labelled.label {
            Label::Fraud => frauds.confirm(ConfirmedFraud {
                transaction,
                known_at_us: labelled.known_at_us,
                occurred_at_us: purchase.occurred_at_us,
            }),
            Label::Genuine => frauds.retract(transaction),
        }
        self.entities.label(
            &labelled.transaction_id,
            purchase,
            labelled.label,
            labelled.known_at_us,
        );
    }
}
