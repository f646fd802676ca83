//! Models of a node: the first one, candidates that are trained here, and candidates from elsewhere.
//!
//! The first model decides at once, because a node without one decides nothing and has nothing to protect. Every later
//! one is a candidate: published with its card, scored in shadow, and promoted by a draft that a second person approves.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use accord_event_log::{PartitionId, Reply, Sequence, journal::reader::ReadError};
use risk_control::{
    ActivatePolicy, Champion, Command, LearnerSettings, ModelCard, ModelOrigin, ModelPublished,
    Policy, PublishModel, Rejection, RiskControl, RuleSet, ScoringModel, Thresholds, TrainedModel,
    TrainingData, TrainingError, TrainingOrder, TrainingPeriod, TrainingSet,
};
use uuid::Uuid;

use super::{ApplicationError, BankReply, CommandCaller};
use crate::node::BankNode;

const READ_BYTES: usize = 8 << 20;
const CONTROL_DEADLINE: Duration = Duration::from_secs(30);
/// A node learns from its whole log.
const ALL_TIME: Range<i64> = i64::MIN..i64::MAX;

/// What a training run found.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingReport {
    pub model: String,
    pub rows: u64,
    pub frauds: u64,
    pub through: Sequence,
    pub auc: Option<f64>,
    pub thresholds: Thresholds,
}

/// A model that was trained elsewhere, by a consortium say.
#[derive(Clone, Debug)]
pub struct ReceivedModel {
    pub model: ScoringModel,
    pub purpose: String,
    pub origin: ModelOrigin,
    pub learner: LearnerSettings,
    /// As far as it is known of all who took part.
    pub training: TrainingPeriod,
    /// This bank's transactions from here on were not shown to it, epoch microseconds; `None` where nobody tells.
    pub unseen_from_us: Option<i64>,
}

/// The model that decides, to measure a candidate against.
pub(super) struct KnownChampion {
    hash: String,
    model: Arc<ScoringModel>,
    trained_through_us: Option<i64>,
}

impl KnownChampion {
    pub(super) fn as_champion(&self) -> Champion<'_> {
        Champion {
            hash: &self.hash,
            model: &self.model,
            trained_through_us: self.trained_through_us,
        }
    }
}

impl BankNode {
    /// Trains boosted trees on everything in the log, publishes them and lets them decide: for the first model only.
    pub async fn train_and_activate(
        &self,
        actor: &Arc<str>,
    ) -> Result<TrainingReport, ApplicationError> {
        if self.active_policy().is_some() {
            return Err(ApplicationError::Rejected(Rejection::NeedsApproval));
        }
        let through = self.shared.reader.last();
        let cutoff_us = self.shared.clock.now_us();
        let set = self.training_set(through).await?;
        let order = TrainingOrder::standard(ModelOrigin::Local {
            by: actor.to_string(),
        });
        // Minutes of arithmetic must not sit on a thread that answers requests.
        let trained = tokio::task::spawn_blocking(move || {
            let data = TrainingData {
                set: &set,
                occurred_us: ALL_TIME,
                cutoff_us,
                through: through.0,
                champion: None,
            };
            TrainedModel::train(&data, &order, &mut |_| true)
        })
        .await
        .map_err(|error| ApplicationError::Training(error.to_string()))??;
        self.activate(actor, trained, through).await
    }

    /// Publishes the first model, trained on the log up to `through` (or elsewhere: zero), and lets it decide. Refused
    /// once a policy decides.
    pub async fn activate(
        &self,
        actor: &Arc<str>,
        trained: TrainedModel,
        through: Sequence,
    ) -> Result<TrainingReport, ApplicationError> {
        if self.active_policy().is_some() {
            return Err(ApplicationError::Rejected(Rejection::NeedsApproval));
        }
        let card = trained.card.clone();
        let model = self.publish(actor, trained, None).await?;
        self.control(
            actor,
            Command::ActivatePolicy(ActivatePolicy {
                policy: Policy {
                    version: 1,
                    model: model.clone(),
                    thresholds: card.thresholds,
                    rules: RuleSet::new(self.shared.starter_rules.clone()),
                },
            }),
        )
        .await?;
        Ok(TrainingReport {
            model,
            rows: card.training.rows,
            frauds: card.training.frauds,
            through,
            auc: card.held_out.and_then(|test| test.model.auc),
            thresholds: card.thresholds,
        })
    }

    /// Takes a model from elsewhere as a candidate: measured on this bank's newest transactions beside the model that
    /// decides, published with its card, and scored in shadow where there is room. Gives the hash of its artefact.
    pub async fn offer_candidate(
        &self,
        actor: &Arc<str>,
        received: ReceivedModel,
    ) -> Result<String, ApplicationError> {
        let through = self.shared.reader.last();
        let cutoff_us = self.shared.clock.now_us();
        let set = self.training_set(through).await?;
        let champion = self.known_champion().await?;
        let trained = tokio::task::spawn_blocking(move || {
            let data = TrainingData {
                set: &set,
                occurred_us: ALL_TIME,
                cutoff_us,
                through: through.0,
                champion: champion.as_ref().map(KnownChampion::as_champion),
            };
            let order = TrainingOrder {
                purpose: received.purpose,
                origin: received.origin,
                learner: received.learner,
                threads: 1,
            };
            TrainedModel::received(
                received.model,
                &data,
                &order,
                received.training,
                received.unseen_from_us,
            )
        })
        .await
        .map_err(|error| ApplicationError::Training(error.to_string()))??;
        self.publish(actor, trained, Some(actor.to_string())).await
    }

    /// Stores a model, then makes it known with its card.
    pub(super) async fn publish(
        &self,
        actor: &Arc<str>,
        trained: TrainedModel,
        shadow_by: Option<String>,
    ) -> Result<String, ApplicationError> {
        let shelf = self.shared.models.clone();
        let TrainedModel { model, card } = trained;
        let hash = tokio::task::spawn_blocking(move || shelf.add(model))
            .await
            .map_err(|error| ApplicationError::Training(error.to_string()))?
            .map_err(|error| ApplicationError::Training(error.to_string()))?;
        self.control(
            actor,
            Command::PublishModel(PublishModel {
                published: ModelPublished {
                    model: hash.clone(),
                    training_rows: card.training.rows,
                    training_frauds: card.training.frauds,
                    trained_through: card.training.through,
                    training_auc: card.held_out.as_ref().and_then(|test| test.model.auc),
                    card: Some(Box::new(card)),
                },
                shadow_by,
            }),
        )
        .await?;
        Ok(hash)
    }

    pub(super) async fn known_champion(&self) -> Result<Option<KnownChampion>, ApplicationError> {
        let Some(active) = self.active_policy() else {
            return Ok(None);
        };
        let hash = active.policy.model.clone();
        let Some(model) = self.shared.models.get(&hash) else {
            return Ok(None);
        };
        let card = self.registered_model(&hash).await?.and_then(|row| row.card);
        Ok(Some(KnownChampion {
            hash,
            model,
            trained_through_us: card.as_ref().and_then(ModelCard::trained_through_us),
        }))
    }

    pub(super) async fn training_set(
        &self,
        through: Sequence,
    ) -> Result<TrainingSet, ApplicationError> {
        let mut set = TrainingSet::default();
        let mut read = Sequence::ZERO;
        while read < through {
            let commits = self.shared.reader.read_after(read, READ_BYTES).await?;
            let Some(last) = commits.last().map(|commit| commit.last_sequence()) else {
                break;
            };
            for commit in &commits {
                commit
                    .each_after::<RiskControl>(read, |recorded| {
                        if recorded.metadata.sequence <= through {
                            set.add(&recorded.event);
                        }
                    })
                    .map_err(ReadError::from)?;
            }
            read = last;
        }
        Ok(set)
    }

    /// Gives a command to the control partition.
    pub(super) async fn control(
        &self,
        actor: &Arc<str>,
        command: Command,
    ) -> Result<(), ApplicationError> {
        let caller = CommandCaller {
            actor: Arc::clone(actor),
            deadline: Instant::now() + CONTROL_DEADLINE,
            traceparent: None,
        };
        let envelope = self.envelope(&caller, PartitionId::CONTROL, Uuid::now_v7(), None, command);
        let reply: BankReply = self.shared.bus.ask_patiently(envelope).await;
        match reply {
            Reply::Committed { events, .. } => {
                self.remember_policies(&events);
                Ok(())
            }
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            _ => Err(ApplicationError::Inconsistent),
        }
    }
}

impl From<TrainingError> for ApplicationError {
    fn from(error: TrainingError) -> Self {
        match error {
            TrainingError::Cancelled => Self::TrainingCancelled,
            TrainingError::OneClass => Self::NothingToLearn,
            other => Self::Training(other.to_string()),
        }
    }
}
