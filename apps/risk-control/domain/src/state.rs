//! What a partition knows: customers in a data partition, governance in the control partition.

use std::collections::{BTreeMap, HashMap};

use accord_decider::PartitionOffset;
use serde::{Deserialize, Serialize};

use crate::{
    cases::{CaseBook, CaseSettings},
    history::CustomerHistory,
    labels::ParkedLabels,
    policy::Policy,
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
    /// Hashes of all published models, with the offset at which each was published.
    pub models: BTreeMap<String, PartitionOffset>,
    /// The active policy, and the offset of its activation.
    pub active: Option<(PartitionOffset, Policy)>,
    /// Settings of case work, and the offset of their last change.
    pub case_settings: Option<(PartitionOffset, CaseSettings)>,
    pub webhooks: WebhookSubscriptions,
}

/// The customers of a data partition, and the policy that it has adopted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerPartition {
    pub customers: HashMap<u64, CustomerHistory>,
    /// The adopted policy with its offset in the control partition; `None` before the first adoption.
    pub adopted: Option<(PartitionOffset, Policy)>,
    /// Adoptions so far.
    pub adoptions: u64,
    pub cases: CaseBook,
    /// The adopted settings of case work with their offset in the control partition.
    pub case_settings: Option<(PartitionOffset, CaseSettings)>,
    /// Labels of transactions that are not known yet. Their hash, not a customer, leads to this partition.
    pub parked_labels: ParkedLabels,
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
}
