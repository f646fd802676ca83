//! Forget a shopper: first what the shopper did, then who the shopper was.

use std::sync::Arc;

use accord_event_log::Position;
use recommendation::{
    Command, EraseShopper, ModelCard, RecommendationModel, Rejection, ShopperReference,
};

use super::{ApplicationError, CommandCaller, Identity};
use crate::{identity::ShopperIdentity, node::MerchantNode};

/// Actor of erasures that a crash had interrupted.
const ACTOR: &str = "recommendation";

/// What an erasure did.
#[derive(Clone, Debug, PartialEq)]
pub struct ErasureReceipt {
    /// What stood for the shopper in the log; nothing leads from it to the shopper any more.
    pub shopper: ShopperReference,
    /// The event of the erasure.
    pub position: Position,
    /// Hash of the model that knew the shopper; `None` where there was none.
    pub model_before: Option<String>,
    /// Hash of the model that makes the lists now: that of a log without the shopper.
    pub model_after: Option<String>,
}

impl MerchantNode {
    /// Forgets a shopper. The erasure is in the log first; then a model is trained without the shopper and makes the
    /// lists; then the key is destroyed, durably. A crash in between is taken up at the next start.
    pub async fn erase_shopper(
        &self,
        caller: &CommandCaller,
        identity: &ShopperIdentity,
    ) -> Result<ErasureReceipt, ApplicationError> {
        let shopper = self
            .reference_of(identity)
            .ok_or(ApplicationError::UnknownShopper)?;
        let command = Command::EraseShopper(EraseShopper { shopper });
        let decided = self
            .decide(caller, self.partition_of(shopper), Identity::new(), command)
            .await
            .map_err(|error| match error {
                ApplicationError::Rejected(Rejection::UnknownShopper) => {
                    ApplicationError::UnknownShopper
                }
                other => other,
            })?;
        let (model_before, model_after) = self.finish_erasures(&caller.actor, &[shopper]).await?;
        Ok(ErasureReceipt {
            shopper,
            position: decided.position,
            model_before,
            model_after,
        })
    }

    /// Takes up erasures that a crash had interrupted.
    pub(crate) async fn take_up_erasures(&self) {
        let unfinished: Vec<ShopperReference> = {
            let view = self.shared.live.read();
            let has_key =
                |shopper: &ShopperReference| self.shared.keys.by_reference(shopper.0).is_some();
            view.erased_shoppers().filter(has_key).collect()
        };
        if unfinished.is_empty() {
            return;
        }
        if let Err(error) = self.finish_erasures(&Arc::from(ACTOR), &unfinished).await {
            tracing::error!(%error, "erasures could not be finished; the next start takes them up again");
        }
    }

    /// Trains without the shoppers, then destroys their keys. Gives the models before and after.
    async fn finish_erasures(
        &self,
        actor: &Arc<str>,
        shoppers: &[ShopperReference],
    ) -> Result<(Option<String>, Option<String>), ApplicationError> {
        let patient = CommandCaller::patient(actor);
        // A training that is under way may have read the log before the erasure: it is waited for, and done again.
        let training = self.shared.training.lock().await;
        self.catch_up(patient.deadline).await?;
        let before = self.view().control().active_model.clone();
        let after = match &before {
            None => None,
            Some(_) => match self.train_now(actor, &training).await {
                Ok(report) => Some(report.model),
                // Too few shoppers are left: a model that knows nothing takes the place of the one that knew too much.
                Err(ApplicationError::NothingToLearn) => {
                    let nothing = RecommendationModel::empty();
                    let model = self.publish(actor, nothing, ModelCard::default()).await?;
                    self.activate_model(&patient, &model).await?;
                    Some(model)
                }
                Err(error) => return Err(error),
            },
        };
        for shopper in shoppers {
            self.shared.keys.destroy(shopper.0).await?;
        }
        Ok((before, after))
    }
}
