//! Tell somebody of what happens from now on.

use super::{WEBHOOKS_MAX, WebhookSubscribed};
use crate::{commands::Rejection, events::Event, state::ControlState};

/// Begins a subscription under a fresh id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeWebhook {
    pub subscribed: WebhookSubscribed,
}

impl SubscribeWebhook {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        if state.webhooks.get(&self.subscribed.webhook_id).is_some() {
            return Ok(Vec::new());
        }
        if state.webhooks.len() >= WEBHOOKS_MAX {
            return Err(Rejection::TooManyWebhooks);
        }
        Ok(vec![Event::WebhookSubscribed(self.subscribed.clone())])
    }
}
