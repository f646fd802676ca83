//! The commands of risk control, one file each: what is asked, when it is refused, what happens.

mod activate_draft;
mod activate_policy;
mod adopt_context;
mod advise_transaction;
mod approve_draft;
mod assess_transaction;
mod discard_draft;
mod draft_policy;
mod end_shadow;
mod import_transaction;
mod label_transaction;
mod publish_model;
mod reject_draft;
mod review_roll_back;
mod review_switch_off;
mod revise_draft;
mod roll_back_model;
mod roll_back_policy;
mod start_shadow;
mod submit_draft;
mod switch_off_rule;

pub use activate_draft::ActivateDraft;
pub use activate_policy::ActivatePolicy;
pub use adopt_context::AdoptContext;
pub use advise_transaction::{AdviseTransaction, StandIn};
pub use approve_draft::ApproveDraft;
pub use assess_transaction::AssessTransaction;
pub use discard_draft::DiscardDraft;
pub use draft_policy::DraftPolicy;
pub use end_shadow::EndShadow;
pub use import_transaction::ImportTransaction;
pub use label_transaction::LabelTransaction;
pub use publish_model::PublishModel;
pub use reject_draft::RejectDraft;
pub use review_roll_back::ReviewRollBack;
pub use review_switch_off::ReviewSwitchOff;
pub use revise_draft::ReviseDraft;
pub use roll_back_model::RollBackModel;
pub use roll_back_policy::RollBackPolicy;
pub use start_shadow::StartShadow;
pub use submit_draft::SubmitDraft;
pub use switch_off_rule::SwitchOffRule;

use crate::governance::ContentFault;

use crate::{
    aftermath::{AnswerChallenge, RefundTransaction, ReverseTransaction},
    cases::{AdoptCaseSettings, CaseCommand, CaseRejection, ConfigureCases},
    labels::{ParkLabel, SettleParkedLabel},
    transaction::Transaction,
    webhooks::{ChangeWebhook, SubscribeWebhook},
};

/// An imperative of risk control.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    AssessTransaction(AssessTransaction),
    ImportTransaction(ImportTransaction),
    LabelTransaction(LabelTransaction),
    AdviseTransaction(AdviseTransaction),
    ReverseTransaction(ReverseTransaction),
    RefundTransaction(RefundTransaction),
    AnswerChallenge(AnswerChallenge),
    AdoptContext(AdoptContext),
    PublishModel(PublishModel),
    ActivatePolicy(ActivatePolicy),
    DraftPolicy(DraftPolicy),
    RollBackPolicy(RollBackPolicy),
    ReviseDraft(ReviseDraft),
    SubmitDraft(SubmitDraft),
    ApproveDraft(ApproveDraft),
    RejectDraft(RejectDraft),
    ActivateDraft(ActivateDraft),
    DiscardDraft(DiscardDraft),
    SwitchOffRule(SwitchOffRule),
    ReviewSwitchOff(ReviewSwitchOff),
    StartShadow(StartShadow),
    EndShadow(EndShadow),
    RollBackModel(RollBackModel),
    ReviewRollBack(ReviewRollBack),
    Case(CaseCommand),
    ConfigureCases(ConfigureCases),
    AdoptCaseSettings(AdoptCaseSettings),
    ParkLabel(ParkLabel),
    SettleParkedLabel(SettleParkedLabel),
    SubscribeWebhook(SubscribeWebhook),
    ChangeWebhook(ChangeWebhook),
}

impl Command {
    /// The transaction that is to be decided or taken over.
    pub(crate) fn transaction(&self) -> Option<&Transaction> {
        match self {
            Self::AssessTransaction(command) => Some(&command.transaction),
            Self::ImportTransaction(command) => Some(&command.transaction),
            Self::AdviseTransaction(command) => Some(&command.transaction),
            _ => None,
        }
    }
}

/// Why a command is refused. Nothing is stored for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the transaction lies more than 10 minutes ahead of the node's clock")]
    OccurredInFuture,
    #[error(
        "the transaction lies more than 7 days before the node's clock or before the customer's newest transaction; \
         older ones are imported as history"
    )]
    OccurredTooLongAgo,
    #[error("this cannot have happened before its transaction")]
    BeforeTransaction,
    #[error("the transaction was reversed")]
    AlreadyReversed,
    #[error("money of the transaction was refunded")]
    AlreadyRefunded,
    #[error(
        "a refund is above zero, and all refunds together do not exceed the transaction's amount"
    )]
    RefundTooLarge,
    #[error("the transaction was not challenged")]
    NotChallenged,
    #[error("the challenge was answered already")]
    ChallengeAnswered,
    #[error("no policy is active yet")]
    NoPolicy,
    #[error("the model of the active policy is not loaded")]
    ModelNotLoaded,
    #[error("the policy names a model that was never published")]
    UnknownModel,
    #[error("thresholds must be probabilities in ascending order: challenge, review, decline")]
    InvalidThresholds,
    #[error("the first policy has version 1")]
    StalePolicyVersion,
    #[error("a policy decides already; another one needs a draft and somebody's approval")]
    NeedsApproval,
    #[error("the model decides; it needs no shadow")]
    DecidesAlready,
    #[error("the model scores in shadow already")]
    InShadowAlready,
    #[error("the model does not score in shadow")]
    NotInShadow,
    #[error("4 models score in shadow; end one of them first")]
    TooManyShadows,
    #[error("there is no earlier model to go back to")]
    NoEarlierModel,
    #[error("a roll-back waits for a second look already")]
    RollBackUnderReview,
    #[error("no roll-back waits for a second look")]
    NoRollBackToReview,
    #[error("the command belongs to another kind of partition")]
    WrongPartition,
    #[error(transparent)]
    Case(CaseRejection),
    #[error("too many labels wait for transactions that are not known")]
    TooManyParkedLabels,
    #[error("there is no such webhook")]
    UnknownWebhook,
    #[error("a node has at most 32 webhooks")]
    TooManyWebhooks,
    #[error("the content of the draft is not valid")]
    InvalidContent(Vec<ContentFault>),
    #[error("too many drafts are open; activate or discard one first")]
    TooManyDrafts,
    #[error("there is no open draft of this number")]
    UnknownDraft,
    #[error("someone else has changed the draft meanwhile")]
    DraftChanged,
    #[error("the draft was made from a policy that does not decide any more; revise it")]
    StaleDraft,
    #[error("the draft changes nothing")]
    NothingToSubmit,
    #[error("only an open draft can be submitted")]
    NotOpen,
    #[error("only a submitted draft can be approved or rejected")]
    NotSubmitted,
    #[error("only an approved draft can be activated")]
    NotApproved,
    #[error("what would be approved is not what was submitted")]
    OtherCandidate,
    #[error("whoever wrote, revised or submitted a change cannot approve it; another person must")]
    SamePerson,
    #[error("there is no policy of this version to roll back to")]
    UnknownPolicyVersion,
    #[error("the active policy has no rule of this id")]
    UnknownRule,
    #[error("the rule is off already")]
    AlreadyOff,
    #[error("the rule does not wait for a second look")]
    NothingToReview,
}
