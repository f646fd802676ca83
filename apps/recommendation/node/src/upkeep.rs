//! What a node does by itself: train again, now and then.

use std::{sync::Arc, time::Duration};

use crate::{application::ApplicationError, node::MerchantNode};

/// Fewer new events than this teach nothing.
const NEW_EVENTS_MIN: u64 = 100;
/// Actor of what the node does by itself.
const ACTOR: &str = "recommendation";

/// Trains again whenever this much time has passed and enough has happened. Stopping it anywhere loses a training at most.
pub async fn retrain(node: MerchantNode, every: Duration) {
    let actor: Arc<str> = Arc::from(ACTOR);
    let newest = |node: &MerchantNode| {
        let view = node.view();
        view.models()
            .last()
            .map_or(0, |model| model.card.trained_through)
    };
    let mut trained_through = newest(&node);
    loop {
        tokio::time::sleep(every).await;
        let last = node.reader().last().0;
        if last.saturating_sub(trained_through) < NEW_EVENTS_MIN {
            continue;
        }
        match node.train_and_activate(&actor).await {
            Ok(report) => {
                trained_through = report.card.trained_through;
                tracing::info!(
                    model = report.model,
                    seconds = report.seconds,
                    "trained again"
                );
            }
            // The next time there may be.
            Err(ApplicationError::TrainingUnderWay | ApplicationError::NothingToLearn) => {}
            Err(error) => tracing::warn!(%error, "training failed; it is tried again"),
        }
    }
}
