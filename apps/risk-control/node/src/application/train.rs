//! Train the first model on the node's own log and let it decide.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use accord_event_log::{PartitionId, Reply, Sequence};
use accord_learning::{TrainingRows, metrics::roc_auc};
use risk_control::{
    ActivatePolicy, Command, ModelPublished, Policy, PublishModel, RiskControl, RuleSet,
    ScoringModel, Thresholds, TrainingError, TrainingSet, TreesPlan, train_trees,
};
use uuid::Uuid;

use super::{ApplicationError, BankReply, CommandCaller};
use crate::node::BankNode;

const READ_BYTES: usize = 8 << 20;
const CONTROL_DEADLINE: Duration = Duration::from_secs(30);
/// Share of the transactions, the newest, on which a model is measured.
/// A node learns from its whole log.
const ALL_TIME: Range<i64> = i64::MIN..i64::MAX;
const HELD_OUT_SHARE: f64 = 0.25;
/// Seed of the trees' sampling: the same log gives the same model.
const SEED: u64 = 1;

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
    /// Area under the ROC curve on rows that the measured trees had not seen.
    pub auc: Option<f64>,
    pub thresholds: Thresholds,
}

impl BankNode {
    /// Trains boosted trees on everything in the log, publishes it and activates a policy over it.
    pub async fn train_and_activate(
        &self,
        actor: &Arc<str>,
    ) -> Result<TrainingReport, ApplicationError> {
        let through = self.shared.reader.last();
        let cutoff_us = self.shared.clock.now_us();
        let set = self.training_set(through).await?;
        // Minutes of arithmetic must not sit on a thread that answers requests.
        let trained =
            tokio::task::spawn_blocking(move || TrainedModel::train(&set, ALL_TIME, cutoff_us))
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

        // Another model changes nothing of what people have written down.
        let (version, rules) = match self.shared.policies.newest() {
            Some(active) => (active.policy.version + 1, active.policy.rules.clone()),
            None => (1, RuleSet::new(self.shared.starter_rules.clone())),
        };
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
                    rules,
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
                self.remember_policies(&events);
                Ok(())
            }
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            _ => Err(ApplicationError::Inconsistent),
        }
    }
}

impl TrainedModel {
    /// Trains boosted trees on the transactions of a range of event time, with what was known of them at `cutoff_us`
    /// (epoch microseconds).
    ///
    /// What the model is worth and where its thresholds lie is found on the newest part of the rows, by trees that were
    /// grown on the older part only: trees know the rows that they were grown on too well. The trees that decide are
    /// then grown on all rows.
    pub fn train(
        set: &TrainingSet,
        occurred_us: Range<i64>,
        cutoff_us: i64,
    ) -> Result<Self, ApplicationError> {
        let failed = |error: &dyn std::fmt::Display| ApplicationError::Training(error.to_string());
        let plan = TreesPlan {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            seed: SEED,
        };
        let (rows, frauds) = set
            .rows_within(occurred_us.clone(), cutoff_us)
            .map_err(|error| failed(&error))?;
        let model = train_trees(&rows, plan).map_err(|error| failed(&error))?;
        let measured = measured_on_newest(set, occurred_us, cutoff_us, plan)
            .map_err(|error| failed(&error))?
            // Too little to hold anything out.
            .unwrap_or_else(|| Measured::new(&model, &rows));
        Ok(Self {
            model,
            rows: rows.len() as u64,
            frauds,
            auc: roc_auc(&measured.scores, &measured.labels),
            thresholds: Thresholds::for_standard_alert_load(measured.scores),
        })
    }
}

/// Rows that were scored, with what they are.
struct Measured {
    scores: Vec<f64>,
    labels: Vec<bool>,
}

impl Measured {
    fn new(model: &ScoringModel, rows: &TrainingRows) -> Self {
        let scores = rows.iter();
        Self {
            scores: scores
                .map(|(features, _)| model.score_values(features))
                .collect(),
            labels: rows.labels().to_vec(),
        }
    }
}

/// The newest rows, scored by a model of the older ones; `None` where one of the parts has one class only.
fn measured_on_newest(
    set: &TrainingSet,
    occurred_us: Range<i64>,
    cutoff_us: i64,
    plan: TreesPlan,
) -> Result<Option<Measured>, TrainingError> {
    let Some(split_us) = set.moment_at_share(&occurred_us, cutoff_us, 1.0 - HELD_OUT_SHARE) else {
        return Ok(None);
    };
    let rows = |occurred_us| {
        set.rows_within(occurred_us, cutoff_us)
            .map_err(|error| TrainingError::Learner(error.to_string()))
    };
    let (older, _) = rows(occurred_us.start..split_us)?;
    let (newer, frauds) = rows(split_us..occurred_us.end)?;
    if frauds == 0 || frauds == newer.len() as u64 {
        return Ok(None);
    }
    match train_trees(&older, plan) {
        Ok(model) => Ok(Some(Measured::new(&model, &newer))),
        Err(TrainingError::OneClass) => Ok(None),
        Err(error) => Err(error),
    }
}
