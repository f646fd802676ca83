//! The commands of risk control, one file each: what is asked, when it is refused, what happens.

mod activate_policy;
mod adopt_context;
mod assess_transaction;
mod import_transaction;
mod label_transaction;
mod publish_model;

pub use activate_policy::ActivatePolicy;
pub use adopt_context::AdoptContext;
pub use assess_transaction::AssessTransaction;
pub use import_transaction::ImportTransaction;
pub use label_transaction::LabelTransaction;
pub use publish_model::PublishModel;

use crate::{
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
    AdoptContext(AdoptContext),
    PublishModel(PublishModel),
    ActivatePolicy(ActivatePolicy),
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
            Self::LabelTransaction(_)
            | Self::AdoptContext(_)
            | Self::PublishModel(_)
            | Self::ActivatePolicy(_)
            | Self::Case(_)
            | Self::ConfigureCases(_)
            | Self::AdoptCaseSettings(_)
            | Self::ParkLabel(_)
            | Self::SettleParkedLabel(_)
            | Self::SubscribeWebhook(_)
            | Self::ChangeWebhook(_) => None,
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
    #[error("no policy is active yet")]
    NoPolicy,
    #[error("the model of the active policy is not loaded")]
    ModelNotLoaded,
    #[error("the policy names a model that was never published")]
    UnknownModel,
    #[error("thresholds must be probabilities in ascending order: challenge, review, decline")]
    InvalidThresholds,
    #[error("a policy's version must follow the active one")]
    StalePolicyVersion,
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
}
