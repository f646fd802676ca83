//! Train the first model on the node's own log and let it decide.

use std::sync::Arc;
use std::time::{Duration, Instant};

use accord_event_log::{PartitionId, Reply, Sequence};
use accord_learning::{
    logistic::{LogisticLearner, LogisticPlan},
    metrics::roc_auc,
    train_centrally,
};
use risk_control::{
    ActivatePolicy, Command, Event, Features, ModelPublished, Policy, PublishModel, RiskControl,
    ScoringModel, Thresholds, TrainingSet, feature_plans,
};
use uuid::Uuid;

use super::{ApplicationError, BankReply, CommandCaller};
use crate::{node::BankNode, policies::ActivePolicy};

const READ_BYTES: usize = 8 << 20;
const CONTROL_DEADLINE: Duration = Duration::from_secs(30);

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

/// A trained model that is not published yet.
#[derive(Clone, Debug)]
pub struct TrainedModel {
    pub model: ScoringModel,
    pub rows: u64,
    pub frauds: u64,
    /// Area under the ROC curve on the training rows.
    pub auc: Option<f64>,
    pub thresholds: Thresholds,
}

impl BankNode {
    /// Trains a logistic regression on everything in the log, publishes it and activates a policy over it.
    pub async fn train_and_activate(
        &self,
        actor: &Arc<str>,
    ) -> Result<TrainingReport, ApplicationError> {
        let through = self.shared.reader.last();
        let cutoff_us = self.shared.clock.now_us();
        let set = self.training_set(through).await?;
        // Minutes of arithmetic must not sit on a thread that answers requests.
        let trained = tokio::task::spawn_blocking(move || TrainedModel::train(&set, cutoff_us))
            .await
            .map_err(|error| ApplicationError::Training(error.to_string()))??;
        self.activate(actor, trained, through).await
    }

    /// Publishes a model that was trained on the log up to `through` (or elsewhere: zero) and lets it decide.
    pub async fn activate(
        &self,
        actor: &Arc<str>,
        trained: TrainedModel,
        through: Sequence,
    ) -> Result<TrainingReport, ApplicationError> {
        let model = self
            .shared
            .models
            .add(trained.model)
            .map_err(|error| ApplicationError::Training(error.to_string()))?;

        let version = self
            .shared
            .policies
            .newest()
            .map_or(0, |active| active.policy.version)
            + 1;
        self.control(
            actor,
            Command::PublishModel(PublishModel {
                published: ModelPublished {
                    model: model.clone(),
                    training_rows: trained.rows,
                    training_frauds: trained.frauds,
                    trained_through: through.0,
                    training_auc: trained.auc,
                },
            }),
        )
        .await?;
        self.control(
            actor,
            Command::ActivatePolicy(ActivatePolicy {
                policy: Policy {
                    version,
                    model: model.clone(),
                    thresholds: trained.thresholds,
                },
            }),
        )
        .await?;
        Ok(TrainingReport {
            model,
            rows: trained.rows,
            frauds: trained.frauds,
            through,
            auc: trained.auc,
            thresholds: trained.thresholds,
        })
    }

    async fn training_set(&self, through: Sequence) -> Result<TrainingSet, ApplicationError> {
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
                    .map_err(accord_event_log::journal::reader::ReadError::from)?;
            }
            read = last;
        }
        Ok(set)
    }

    /// Gives a command to the control partition.
    async fn control(&self, actor: &Arc<str>, command: Command) -> Result<(), ApplicationError> {
        let caller = CommandCaller {
            actor: Arc::clone(actor),
            deadline: Instant::now() + CONTROL_DEADLINE,
            traceparent: None,
        };
        let envelope = self.envelope(&caller, PartitionId::CONTROL, Uuid::now_v7(), None, command);
        let reply: BankReply = self.shared.bus.ask_patiently(envelope).await;
        match reply {
            Reply::Committed { events, .. } => {
                for recorded in events {
                    if let Event::PolicyActivated(event) = &recorded.event {
                        self.shared.policies.remember(ActivePolicy {
                            control_offset: recorded.metadata.offset,
                            policy: event.policy.clone(),
                        });
                    }
                }
                Ok(())
            }
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            _ => Err(ApplicationError::Inconsistent),
        }
    }
}

impl TrainedModel {
    /// Trains a logistic regression on a training set as of `cutoff_us` (epoch microseconds).
    pub fn train(set: &TrainingSet, cutoff_us: i64) -> Result<Self, ApplicationError> {
        let failed = |error: &dyn std::fmt::Display| ApplicationError::Training(error.to_string());
        let (rows, frauds) = set.rows(cutoff_us).map_err(|error| failed(&error))?;
        if frauds == 0 || frauds == rows.len() as u64 {
            return Err(ApplicationError::Training(
                "the log holds no transactions of both kinds to learn from".into(),
            ));
        }
        let plan = LogisticPlan {
            // Amounts, means and ratios say nearly the same; without a ridge their weights grow large against each
            // other, and the reasons with them. It grows with the frauds, as the information in the data does.
            ridge: (frauds as f64 / 10.0).max(1.0),
            ..LogisticPlan::new(feature_plans())
        };
        let learner = LogisticLearner::new(plan).map_err(|error| failed(&error))?;
        let logistic = train_centrally(learner, &rows).map_err(|error| failed(&error))?;
        let model = ScoringModel::new(logistic).map_err(|error| failed(&error))?;
        let scores: Vec<f64> = rows
            .iter()
            .map(|(features, _)| {
                let mut values = [0.0; risk_control::FEATURE_COUNT];
                values.copy_from_slice(features);
                model.score(&Features(values))
            })
            .collect();
        Ok(Self {
            model,
            rows: rows.len() as u64,
            frauds,
            auc: roc_auc(&scores, rows.labels()),
            thresholds: Thresholds::for_standard_alert_load(scores),
        })
    }
}
