//! Risk control, pure: what a transaction is, what is known of its customer, how it is scored and decided.
//!
//! [`RiskControl`] is the decider. A data partition holds customers; the control partition holds the governance
//! (published models, the active policy), which every data partition adopts by an event of its own before it uses it.
//! Nothing in here reads a clock, a file or a random number.

mod cases;
mod commands;
mod decider;
mod entities;
mod events;
mod features;
mod governance;
mod history;
mod ids;
mod labels;
mod lists;
mod model;
mod policy;
mod reasons;
mod rules;
mod state;
mod training_set;
mod transaction;
mod webhooks;

pub use cases::{
    ALERTS_MAX, AddCaseNote, AdoptCaseSettings, AlertRaised, AssignCase, Case, CaseAction,
    CaseAlert, CaseAssigned, CaseAuthority, CaseBook, CaseCommand, CaseEscalated, CaseEvent,
    CaseExpired, CaseHappening, CaseId, CaseNoted, CaseRejection, CaseReleased, CaseReopened,
    CaseResolved, CaseSettings, CaseSettingsAdopted, CaseSettingsChanged, ConfigureCases,
    Disposition, EscalateCase, OPEN_CASES_MAX, ReleaseCase, ReopenCase, ResolveCase, Severity,
};
pub use commands::{
    ActivateDraft, ActivatePolicy, AdoptContext, ApproveDraft, AssessTransaction, Command,
    DiscardDraft, DraftPolicy, ImportTransaction, LabelTransaction, PublishModel, RejectDraft,
    Rejection, ReviewSwitchOff, ReviseDraft, RollBackPolicy, SubmitDraft, SwitchOffRule,
};
pub use decider::{Context, ModelLibrary, RiskControl};
pub use entities::{EntityDirectory, EntitySummaries, EntitySummary};
pub use events::{
    ContextAdopted, Event, LabelWithdrawn, ModelPublished, PolicyActivated, PolicyDraftApproved,
    PolicyDraftClosed, PolicyDraftRejected, PolicyDraftSubmitted, PolicyDrafted, RuleSwitchedOff,
    SwitchOffReviewed, TransactionAssessed, TransactionImported, TransactionLabelled, event_types,
};
pub use features::{Feature, FeatureSet, FeatureUnit, Features, Values};
pub use governance::{
    Candidate, ContentFault, DRAFTS_MAX, Draft, DraftContent, DraftStage, Governance, RuleContent,
    Submission, SwitchedOff, TITLE_BYTES_MAX,
};
pub use history::{CustomerHistory, MICROSECONDS_PER_DAY, Purchase};
pub use ids::{CustomerReference, EntityKey};
pub use labels::{
    LabelParked, PARKED_LABELS_MAX, ParkLabel, ParkedLabelSettled, ParkedOutcome, SettleParkedLabel,
};
pub use lists::{
    LIST_CHANGES_MAX, LIST_COMMENT_BYTES_MAX, LISTINGS, ListChange, ListEntry, ListFingerprint,
    ListIndex, ListName, ListRegistry, ListedEntry, ListedKind, Memberships,
    TransactionFingerprints,
};
pub use model::{
    Explanation, ModelError, Scorer, ScoringModel, TrainingError, TreesPlan, train_trees,
};
pub use policy::{Decision, Policy, Thresholds, Verdict};
pub use reasons::{Reason, reasons};
pub use rules::{
    Evidence, RULES_MAX, Rule, RuleBook, RuleHit, RuleMatches, RuleMode, RuleSet, rule_fields,
};
pub use state::{ControlState, CustomerPartition, PartitionState};
pub use training_set::TrainingSet;
pub use transaction::{
    AMOUNT_MINOR_MAX, CURRENCY_LENGTH, FUTURE_TOLERANCE_US, LATENESS_MAX_US, Label, LabelSource,
    LabelledPurchase, TEXT_ID_BYTES_MAX, Transaction,
};
pub use webhooks::{
    ChangeWebhook, SubscribeWebhook, WEBHOOKS_MAX, WebhookChange, WebhookChanged, WebhookEventType,
    WebhookSubscribed, WebhookSubscriptions,
};
