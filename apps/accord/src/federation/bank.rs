//! A bank's node as a member of a consortium.

use accord_event_log::Sequence;
use accord_federation_node::participant::{FederatedResult, FixedLog, Institution, RowsWanted};
use accord_federation_node::task::{Feature, FeatureSets, Task};
use accord_learning::{TrainingRows, gbdt::GbdtPlan};
use futures::FutureExt;
use futures::future::BoxFuture;
use risk_control::{
    FeatureSet, LearnerSettings, LogisticSettings, Scorer, ScoringModel, TreesSettings,
};
use risk_control_node::{BankNode, FederatedModel};

/// The node answers from its own log, and takes models as candidates.
pub struct BankInstitution(pub BankNode);

/// The feature sets that banks can train on together.
pub fn feature_sets() -> FeatureSets {
    let set = FeatureSet::CURRENT;
    let features = set.logistic_plans().into_iter().map(|logistic| Feature {
        name: logistic.name.clone(),
        logistic,
    });
    [(set.name().to_owned(), features.collect())].into()
}

impl Institution for BankInstitution {
    fn fix_log(&self) -> FixedLog {
        let moment = self.0.log_moment();
        FixedLog {
            through: moment.through.0,
            cutoff_us: moment.now_us,
            labelled_until_us: moment.labelled_until_us,
        }
    }

    fn rows(&self, wanted: RowsWanted) -> BoxFuture<'_, Result<TrainingRows, String>> {
        async move {
            let set = FeatureSet::CURRENT;
            let names = set.features().iter().map(|feature| feature.name);
            if wanted.feature_set != set.name() || !names.eq(wanted.features.iter()) {
                return Err(format!(
                    "this node computes feature set {}, not {} as the plan has it",
                    set.name(),
                    wanted.feature_set
                ));
            }
            self.0
                .training_rows(
                    Sequence(wanted.log.through),
                    wanted.occurred_us,
                    wanted.log.cutoff_us,
                    wanted.rows_max,
                )
                .await
                .map_err(|error| error.to_string())
        }
        .boxed()
    }

    fn receive(&self, found: FederatedResult) -> BoxFuture<'_, Result<(), String>> {
        async move {
            let Some((model, learner)) =
                scoring_model(&found).map_err(|error| error.to_string())?
            else {
                // Bins and figures are read at the coordinator; only a model becomes a candidate.
                return Ok(());
            };
            let received = FederatedModel {
                job: found.job,
                institutions: u32::try_from(found.institutions).unwrap_or(u32::MAX),
                model,
                learner,
                own_rows: found.own_rows,
                trained_through: Sequence(found.log.through),
                held_out_us: found.occurred_until_us..i64::MAX,
                cutoff_us: found.log.cutoff_us,
            };
            let model = self
                .0
                .receive_federated_model(received)
                .await
                .map_err(|error| error.to_string())?;
            tracing::info!(bank = self.0.name(), model, "a federated model has arrived");
            Ok(())
        }
        .boxed()
    }
}

/// The model that the bank can score with; `None` where the job found something else.
fn scoring_model(
    found: &FederatedResult,
) -> anyhow::Result<Option<(ScoringModel, LearnerSettings)>> {
    let (scorer, learner) = match &found.task {
        Task::Gbdt(task) => (
            Scorer::Trees(serde_json::from_slice(&found.json)?),
            LearnerSettings::Trees(trees_settings(&task.learner)),
        ),
        Task::Logistic(task) => (
            Scorer::Logistic(serde_json::from_slice(&found.json)?),
            LearnerSettings::Logistic(LogisticSettings {
                rounds_max: task.learner.rounds_max,
                ridge: task.learner.ridge,
            }),
        ),
        Task::Quantiles(_) | Task::Evaluation(_) => return Ok(None),
    };
    let model = ScoringModel::new(FeatureSet::CURRENT, scorer)?;
    Ok(Some((model, learner)))
}

fn trees_settings(plan: &GbdtPlan) -> TreesSettings {
    TreesSettings {
        trees: plan.trees,
        depth: plan.depth,
        learning_rate: plan.learning_rate,
        row_share: plan.row_share,
        column_share: plan.column_share,
        // A cut more than none makes a bin more than one.
        bins: u32::try_from(plan.cuts.total() + 1).unwrap_or(u32::MAX),
        seed: plan.seed,
    }
}
