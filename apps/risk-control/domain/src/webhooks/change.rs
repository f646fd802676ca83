//! Pause, resume, delete a subscription, or give it another secret.

use serde::{Deserialize, Serialize};

use super::WebhookChanged;
use crate::{commands::Rejection, events::Event, state::ControlState};

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookChange {
    /// Deliveries wait until it is resumed.
    Paused,
    Resumed,
    Deleted,
    /// The previous secret stays good for a while; both are in the sealed target.
    SecretRotated {
        target: String,
    },
}

/// Changes a subscription. What is so already is fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeWebhook {
    pub webhook_id: String,
    pub change: WebhookChange,
}

impl ChangeWebhook {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let subscription = state
            .webhooks
            .get(&self.webhook_id)
            .ok_or(Rejection::UnknownWebhook)?;
        let fulfilled = match self.change {
            WebhookChange::Paused => subscription.paused,
            WebhookChange::Resumed => !subscription.paused,
            WebhookChange::Deleted | WebhookChange::SecretRotated { .. } => false,
        };
        if fulfilled {
            return Ok(Vec::new());
        }
        Ok(vec![Event::WebhookChanged(WebhookChanged {
            webhook_id: self.webhook_id.clone(),
            change: self.change.clone(),
        })])
    }
}
