//! Risk control, pure: what a transaction is, what is known of its customer, how it is scored and decided.
//!
//! [`RiskControl`] is the decider. A data partition holds customers; the control partition holds the governance
//! (published models, the active policy), which every data partition adopts by an event of its own before it uses it.
//! Nothing in here reads a clock, a file or a random number.

mod aftermath;
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
mod scoreboard;
mod state;
mod training_set;
mod transaction;
mod webhooks;

pub use aftermath::{
    AnswerChallenge, ChallengeAnswered, ChallengeOutcome, DecidedTransaction, HAPPENINGS_MAX,
    RefundTransaction, ReversalCause, ReverseTransaction, TransactionRefunded, TransactionReversed,
};
pub use cases::{
    ALERTS_MAX, AddCaseNote, AdoptCaseSettings, AlertRaised, AssignCase, Case, CaseAction,
    CaseAlert, CaseAssigned, CaseAuthority, CaseBook, CaseCommand, CaseEscalated, CaseEvent,
    CaseExpired, CaseHappening, CaseId, CaseNoted, CaseRejection, CaseReleased, CaseReopened,
    CaseResolved, CaseSettings, CaseSettingsAdopted, CaseSettingsChanged, ConfigureCases,
    Disposition, EscalateCase, OPEN_CASES_MAX, ReleaseCase, ReopenCase, ResolveCase, Severity,
};
pub use commands::{
    ActivateDraft, ActivatePolicy, AdoptContext, AdviseTransaction, ApproveDraft,
    AssessTransaction, Command, DiscardDraft, DraftPolicy, EndShadow, ImportTransaction,
    LabelTransaction, PublishModel, RejectDraft, Rejection, ReviewRollBack, ReviewSwitchOff,
    ReviseDraft, RollBackModel, RollBackPolicy, StandIn, StartShadow, SubmitDraft, SwitchOffRule,
};
pub use decider::{Context, ModelLibrary, RiskControl};
pub use entities::{EntityDirectory, EntityRecords, EntitySummaries, EntitySummary, SharedCell};
pub use events::{
    ContextAdopted, Event, LabelWithdrawn, ModelPublished, ModelRolledBack, PolicyActivated,
    PolicyDraftApproved, PolicyDraftClosed, PolicyDraftRejected, PolicyDraftSubmitted,
    PolicyDrafted, RollBackReviewed, RuleSwitchedOff, ShadowEnded, ShadowStarted,
    SwitchOffReviewed, TransactionAdvised, TransactionAssessed, TransactionImported,
    TransactionLabelled, event_types,
};
pub use features::{Feature, FeatureSet, FeatureUnit, Features, Values};
pub use governance::{
    Candidate, ContentFault, DRAFTS_MAX, Draft, DraftContent, DraftStage, Governance,
    ModelEvidence, RolledBack, RuleContent, Submission, SwitchedOff, TITLE_BYTES_MAX,
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
    CARDS_INSPECTED, Champion, ChampionMeasures, Explanation, HeldOutTest, LearnerSettings,
    LogisticSettings, MeasuredRow, Measures, ModelCard, ModelError, ModelOrigin, ModelRegistry,
    PURPOSE_BYTES_MAX, RegisteredModel, SHADOWS_MAX, Scorer, ScoringModel, SettingFault,
    TrainedModel, TrainingData, TrainingError, TrainingOrder, TrainingPeriod, TrainingProfile,
    TreesPlan, TreesSettings, ValueProfile, Watch, gbdt_plan, train_model, train_trees,
};
pub use policy::{Decision, Policy, Thresholds, Verdict};
pub use reasons::{Reason, reasons};
pub use rules::{
    Evidence, RULES_MAX, Rule, RuleBook, RuleHit, RuleMatches, RuleMode, RuleSet, rule_fields,
};
pub use scoreboard::{
    ALERT_PRECISION_MIN, CALIBRATION_SLOPES, Comparison, Contender, DayComparison, DayMonitoring,
    DaySide, FeatureDrift, Monitoring, MonitoringWarning, ROWS_MAX, SCORE_BINS, STABILITY_SHIFTED,
    STABILITY_WATCHED, Scoreboard, Side,
};
pub use state::{ControlState, CustomerPartition, PartitionState};
pub use training_set::{REPORTING_DAYS, RowOrigin, TrainingSet};
pub use transaction::{
    AMOUNT_MINOR_MAX, CURRENCY_LENGTH, FUTURE_TOLERANCE_US, LATENESS_MAX_US, Label, LabelSource,
    LabelledPurchase, TEXT_ID_BYTES_MAX, Transaction,
};
pub use webhooks::{
    ChangeWebhook, SubscribeWebhook, WEBHOOKS_MAX, WebhookChange, WebhookChanged, WebhookEventType,
    WebhookSubscribed, WebhookSubscriptions,
};
