//! The subscriptions of a node.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::WebhookChange;

/// Subscriptions of one node.
pub const WEBHOOKS_MAX: usize = 32;

/// What a subscriber can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WebhookEventType {
    #[serde(rename = "case.opened")]
    CaseOpened,
    #[serde(rename = "case.resolved")]
    CaseResolved,
    #[serde(rename = "case.reopened")]
    CaseReopened,
    #[serde(rename = "transaction.labelled")]
    TransactionLabelled,
}

impl WebhookEventType {
    pub const ALL: [Self; 4] = [
        Self::CaseOpened,
        Self::CaseResolved,
        Self::CaseReopened,
        Self::TransactionLabelled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::CaseOpened => "case.opened",
            Self::CaseResolved => "case.resolved",
            Self::CaseReopened => "case.reopened",
            Self::TransactionLabelled => "transaction.labelled",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// Somebody wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSubscribed {
    pub webhook_id: String,
    pub event_types: Vec<WebhookEventType>,
    /// Address and secret, sealed under the subscription's key.
    pub target: String,
}

/// A subscription changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookChanged {
    pub webhook_id: String,
    pub change: WebhookChange,
}

/// A subscription as deciding about it needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSubscription {
    pub paused: bool,
}

/// All subscriptions that are not deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSubscriptions {
    /// Events so far.
    changes: u64,
    subscriptions: BTreeMap<String, WebhookSubscription>,
}

impl WebhookSubscriptions {
    pub fn get(&self, webhook_id: &str) -> Option<&WebhookSubscription> {
        self.subscriptions.get(webhook_id)
    }

    pub fn len(&self) -> usize {
        self.subscriptions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.subscriptions.is_empty()
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    pub(crate) fn subscribe(&mut self, subscribed: &WebhookSubscribed) {
        self.changes += 1;
        self.subscriptions.insert(
            subscribed.webhook_id.clone(),
            WebhookSubscription { paused: false },
        );
    }

    pub(crate) fn change(&mut self, changed: &WebhookChanged) {
        self.changes += 1;
        match &changed.change {
            WebhookChange::Deleted => {
                self.subscriptions.remove(&changed.webhook_id);
            }
            WebhookChange::Paused => self.set_paused(&changed.webhook_id, true),
            WebhookChange::Resumed => self.set_paused(&changed.webhook_id, false),
            WebhookChange::SecretRotated { .. } => {}
        }
    }

    fn set_paused(&mut self, webhook_id: &str, paused: bool) {
        if let Some(subscription) = self.subscriptions.get_mut(webhook_id) {
            subscription.paused = paused;
        }
    }
}
