//! The events of risk control, and how each is read whatever version it was written in.
//!
//! Adding a field to an event means a new version, an upcaster from the old one in `upcasting`, and a golden fixture
//! beside those of all earlier versions.

mod codec;
mod upcasting;

use std::sync::Arc;

use accord_decider::PartitionOffset;
use serde::{Deserialize, Serialize};

use crate::{
    aftermath::{ChallengeAnswered, TransactionRefunded, TransactionReversed},
    cases::{CaseEvent, CaseSettingsAdopted, CaseSettingsChanged},
    commands::StandIn,
    features::Features,
    governance::Candidate,
    ids::CustomerReference,
    labels::{LabelParked, ParkedLabelSettled},
    lists::{ListChange, Memberships},
    model::ModelCard,
    policy::{Decision, Policy, Thresholds},
    rules::{RuleHit, RuleMode},
    transaction::{Label, LabelSource, LabelledPurchase, Transaction, unset_customer},
    webhooks::{WebhookChanged, WebhookSubscribed},
};

/// Names under which events are stored.
pub mod event_types {
    pub const TRANSACTION_ASSESSED: &str = "TransactionAssessed";
    pub const TRANSACTION_IMPORTED: &str = "TransactionImported";
    pub const TRANSACTION_LABELLED: &str = "TransactionLabelled";
    pub const TRANSACTION_ADVISED: &str = "TransactionAdvised";
    pub const TRANSACTION_REVERSED: &str = "TransactionReversed";
    pub const TRANSACTION_REFUNDED: &str = "TransactionRefunded";
    pub const CHALLENGE_ANSWERED: &str = "ChallengeAnswered";
    pub const CONTEXT_ADOPTED: &str = "ContextAdopted";
    pub const MODEL_PUBLISHED: &str = "ModelPublished";
    pub const POLICY_ACTIVATED: &str = "PolicyActivated";
    pub const LABEL_WITHDRAWN: &str = "LabelWithdrawn";
    pub const LABEL_PARKED: &str = "LabelParked";
    pub const PARKED_LABEL_SETTLED: &str = "ParkedLabelSettled";
    pub const WEBHOOK_SUBSCRIBED: &str = "WebhookSubscribed";
    pub const WEBHOOK_CHANGED: &str = "WebhookChanged";

    pub use crate::cases::event_types::*;
    pub const POLICY_DRAFTED: &str = "PolicyDrafted";
    pub const POLICY_DRAFT_SUBMITTED: &str = "PolicyDraftSubmitted";
    pub const POLICY_DRAFT_APPROVED: &str = "PolicyDraftApproved";
    pub const POLICY_DRAFT_REJECTED: &str = "PolicyDraftRejected";
    pub const POLICY_DRAFT_CLOSED: &str = "PolicyDraftClosed";
    pub const RULE_SWITCHED_OFF: &str = "RuleSwitchedOff";
    pub const SWITCH_OFF_REVIEWED: &str = "SwitchOffReviewed";
    pub const SHADOW_STARTED: &str = "ShadowStarted";
    pub const SHADOW_ENDED: &str = "ShadowEnded";
    pub const MODEL_ROLLED_BACK: &str = "ModelRolledBack";
    pub const ROLL_BACK_REVIEWED: &str = "RollBackReviewed";
}

/// A past fact of risk control.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    TransactionAssessed(TransactionAssessed),
    TransactionImported(TransactionImported),
    TransactionLabelled(TransactionLabelled),
    TransactionAdvised(TransactionAdvised),
    TransactionReversed(TransactionReversed),
    TransactionRefunded(TransactionRefunded),
    ChallengeAnswered(ChallengeAnswered),
    ContextAdopted(ContextAdopted),
    ModelPublished(ModelPublished),
    PolicyActivated(PolicyActivated),
    LabelWithdrawn(LabelWithdrawn),
    LabelParked(LabelParked),
    ParkedLabelSettled(ParkedLabelSettled),
    Case(CaseEvent),
    CaseSettingsChanged(CaseSettingsChanged),
    CaseSettingsAdopted(CaseSettingsAdopted),
    WebhookSubscribed(WebhookSubscribed),
    WebhookChanged(WebhookChanged),
    PolicyDrafted(PolicyDrafted),
    PolicyDraftSubmitted(PolicyDraftSubmitted),
    PolicyDraftApproved(PolicyDraftApproved),
    PolicyDraftRejected(PolicyDraftRejected),
    PolicyDraftClosed(PolicyDraftClosed),
    RuleSwitchedOff(RuleSwitchedOff),
    SwitchOffReviewed(SwitchOffReviewed),
    ShadowStarted(ShadowStarted),
    ShadowEnded(ShadowEnded),
    ModelRolledBack(ModelRolledBack),
    RollBackReviewed(RollBackReviewed),
}

/// A transaction was scored and decided. Holds everything that led to the decision, so that it can be explained and
/// derived again for ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionAssessed {
    #[serde(flatten)]
    pub transaction: Transaction,
    pub features: Features,
    pub score: f64,
    pub decision: Decision,
    /// Indexes of the features that spoke most for fraud, strongest first.
    pub reasons: Vec<u8>,
    /// Offset in the control partition of the policy that decided.
    pub policy: PartitionOffset,
    /// Personal fields, sealed under the customer's key.
    pub personal: String,
    /// The lists that it was on. Absent in events of version 1.
    #[serde(skip_serializing_if = "Memberships::is_empty", default)]
    pub lists: Memberships,
    /// Active rules that it fulfilled. Absent in events of version 1.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub hits: Vec<RuleHit>,
    /// Shadow rules that it fulfilled. Absent in events of version 1.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub shadow_hits: Vec<RuleHit>,
}

/// A transaction of the past was taken over, as it had been decided elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionImported {
    #[serde(flatten)]
    pub transaction: Transaction,
    pub features: Features,
    /// The original decision.
    pub decision: Decision,
    /// Personal fields, sealed under the customer's key.
    pub personal: String,
}

/// A transaction was decided elsewhere while this node was away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionAdvised {
    #[serde(flatten)]
    pub transaction: Transaction,
    pub features: Features,
    /// What was decided there.
    pub decision: Decision,
    pub decided_by: StandIn,
    /// Personal fields, sealed under the customer's key.
    pub personal: String,
}

/// It became known what a transaction was. A later label corrects an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionLabelled {
    pub transaction_id: String,
    #[serde(skip, default = "unset_customer")]
    pub customer: CustomerReference,
    /// What the terminal, the card, the device and the address learn from the label; absent in events of version 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub purchase: Option<LabelledPurchase>,
    pub label: Label,
    pub source: LabelSource,
    /// When it became known, in epoch microseconds.
    #[serde(rename = "known_at")]
    pub known_at_us: i64,
    /// A note of who labelled, sealed under the customer's key because people write names into notes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// What a transaction was is not known any more: the label that a case gave it was taken back, and there was none before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelWithdrawn {
    pub transaction_id: String,
    /// What the terminal, the card, the device and the address forget with the label.
    pub purchase: LabelledPurchase,
    #[serde(skip, default = "unset_customer")]
    pub customer: CustomerReference,
    /// When it was taken back, in epoch microseconds.
    #[serde(rename = "known_at")]
    pub known_at_us: i64,
}

/// A data partition took over what the control partition had decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContextAdopted {
    /// Offset in the control partition.
    pub control_offset: PartitionOffset,
    pub policy: Policy,
    /// What has changed on the lists since the partition's last adoption. Absent in events of version 1.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub list_changes: Vec<ListChange>,
}

/// A trained model is available under its hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelPublished {
    /// SHA-256 of the artefact.
    pub model: String,
    /// What it was trained on.
    pub training_rows: u64,
    pub training_frauds: u64,
    /// Log sequence up to which the training set was folded.
    pub trained_through: u64,
    /// Area under the ROC curve on the newest rows, by trees grown on the older ones (regressions on `customer-1`: on
    /// the training rows themselves). A first orientation, not a test.
    pub training_auc: Option<f64>,
    /// What is to be known of it. Absent in events of version 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub card: Option<Box<ModelCard>>,
}

/// A model scores beside the one that decides, from now on and over the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowStarted {
    /// SHA-256 of the artefact.
    #[serde(skip, default)]
    pub model: String,
    pub by: String,
}

/// A model scores no more. One that is to decide leaves its shadow without this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowEnded {
    #[serde(skip, default)]
    pub model: String,
    pub by: String,
}

/// One person alone has put the previous model back. A second one must look at it afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRolledBack {
    /// The model that had decided.
    #[serde(skip, default)]
    pub model: String,
    /// Its thresholds.
    pub thresholds: Thresholds,
    /// The model that decides again.
    pub restored: String,
    pub reason: String,
    pub by: String,
}

/// A second person has looked at a model that was put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollBackReviewed {
    /// The model that had decided before.
    #[serde(skip, default)]
    pub model: String,
    /// Whether the previous model stays; otherwise this one decides again.
    pub confirmed: bool,
    pub reason: String,
    pub by: String,
}

/// A policy decides from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyActivated {
    pub policy: Policy,
    /// What changes on the lists with it. Absent in events of version 1.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub list_changes: Vec<ListChange>,
}

/// A change of the policy was proposed; said again of the same draft: it was revised, and every approval is void.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyDrafted {
    /// Number of the draft, from 1.
    #[serde(skip, default)]
    pub draft: u64,
    pub title: String,
    pub candidate: Candidate,
    /// The person.
    pub by: String,
}

/// A draft is ready to be approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDraftSubmitted {
    #[serde(skip, default)]
    pub draft: u64,
    pub candidate_hash: String,
    /// Hash of the back-test that goes with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub back_test: Option<String>,
    pub by: String,
}

/// Someone else has agreed to a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDraftApproved {
    #[serde(skip, default)]
    pub draft: u64,
    pub candidate_hash: String,
    /// Hash of the back-test that was looked at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub back_test: Option<String>,
    pub by: String,
}

/// Someone else has sent a draft back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDraftRejected {
    #[serde(skip, default)]
    pub draft: u64,
    pub reason: String,
    pub by: String,
}

/// A draft has come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDraftClosed {
    #[serde(skip, default)]
    pub draft: u64,
    /// Version of the policy that it became; `None` where it was discarded.
    pub activated: Option<u32>,
    pub by: String,
}

/// A rule was switched off at once, by one person alone. A second one must look at it afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSwitchedOff {
    #[serde(skip, default = "unset_rule")]
    pub rule: Arc<str>,
    pub version: u32,
    /// How it was before.
    pub was: RuleMode,
    pub reason: String,
    pub by: String,
}

/// A second person has looked at a rule that was switched off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchOffReviewed {
    #[serde(skip, default = "unset_rule")]
    pub rule: Arc<str>,
    /// Whether it stays off; otherwise it is as it was.
    pub confirmed: bool,
    pub reason: String,
    pub by: String,
}

fn unset_rule() -> Arc<str> {
    Arc::from("")
}
