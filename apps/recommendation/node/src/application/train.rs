//! Train on the node's own log and let the model make the lists.

use std::{sync::Arc, time::Instant};

use accord_event_log::{PartitionId, Sequence, journal::reader::ReadError};
use recommendation::{
    ActivateModel, Command, ModelCard, ModelPublished, PublishModel, Recommendation,
    RecommendationModel, TrainingSet, train,
};

use super::{ApplicationError, CommandCaller, Decided, Identity};
use crate::node::MerchantNode;

/// Stored text read at a time.
const READ_BYTES: usize = 8 << 20;

/// What a training run made.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingReport {
    /// Hash of the artefact.
    pub model: String,
    pub card: ModelCard,
    /// Bytes of the weights in memory.
    pub bytes: usize,
    /// How long it took, reading the log included.
    pub seconds: f64,
}

impl MerchantNode {
    /// Trains on everything in the log, publishes the model and lets it make the lists. The same log gives the same
    /// model, bit by bit.
    pub async fn train_and_activate(
        &self,
        actor: &Arc<str>,
    ) -> Result<TrainingReport, ApplicationError> {
        let Ok(training) = self.shared.training.try_lock() else {
            return Err(ApplicationError::TrainingUnderWay);
        };
        self.train_now(actor, &training).await
    }

    /// Trains while nobody else does.
    pub(super) async fn train_now(
        &self,
        actor: &Arc<str>,
        _only_one: &tokio::sync::MutexGuard<'_, ()>,
    ) -> Result<TrainingReport, ApplicationError> {
        let begun = Instant::now();
        let through = self.shared.reader.last();
        let set = self.training_set(through).await?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // Minutes of arithmetic must not sit on a thread that answers requests.
        let trained = tokio::task::spawn_blocking(move || train(&set, threads))
            .await
            .map_err(|error| ApplicationError::Training(error.to_string()))?;
        let (model, card) = trained
            .map_err(|error| ApplicationError::Training(error.to_string()))?
            .ok_or(ApplicationError::NothingToLearn)?;
        let bytes = model.bytes();
        let card = ModelCard {
            trained_through: through.0,
            ..card
        };
        let model = self.publish(actor, model, card.clone()).await?;
        self.activate_model(&CommandCaller::patient(actor), &model)
            .await?;
        Ok(TrainingReport {
            model,
            card,
            bytes,
            seconds: begun.elapsed().as_secs_f64(),
        })
    }

    /// Stores a model and makes it known, without letting it make lists. Gives its hash.
    pub async fn publish(
        &self,
        actor: &Arc<str>,
        model: RecommendationModel,
        card: ModelCard,
    ) -> Result<String, ApplicationError> {
        let models = self.shared.models.clone();
        let stored = tokio::task::spawn_blocking(move || models.add(model)).await;
        let model = stored
            .map_err(|error| ApplicationError::Training(error.to_string()))?
            .map_err(ApplicationError::Model)?;
        let command = Command::PublishModel(PublishModel {
            published: ModelPublished {
                model: model.clone(),
                card,
            },
        });
        let caller = CommandCaller::patient(actor);
        self.decide(&caller, PartitionId::CONTROL, Identity::new(), command)
            .await?;
        Ok(model)
    }

    /// Lets a published model make the lists. It is loaded before, so that no list waits for it or finds it missing.
    pub async fn activate_model(
        &self,
        caller: &CommandCaller,
        model: &str,
    ) -> Result<Decided, ApplicationError> {
        self.catch_up(caller.deadline).await?;
        if self.view().control().models.contains(model) {
            self.shared
                .models
                .get(model)
                .map_err(ApplicationError::Model)?;
        }
        let command = Command::ActivateModel(ActivateModel {
            model: model.to_owned(),
        });
        self.decide(caller, PartitionId::CONTROL, Identity::new(), command)
            .await
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
                    .each_after::<Recommendation>(read, |recorded| {
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
}
