//! Subscribe to what happens, change a subscription, end it.

use accord_event_log::{PartitionId, Position, Reply, Unavailable};
use accord_service::IdempotencyScope;
use risk_control::{
    ChangeWebhook, Command, Rejection, SubscribeWebhook, WebhookChange, WebhookEventType,
    WebhookSubscribed,
};
use uuid::Uuid;

use super::{ApplicationError, CommandCaller};
use crate::{
    node::BankNode,
    queries::webhooks::WebhookRow,
    webhooks::{
        address::AddressFault,
        real_now_us,
        secret::WebhookSecret,
        target::{WebhookTarget, key_name},
    },
};

/// A subscription as somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRequest {
    pub url: String,
    pub event_types: Vec<WebhookEventType>,
    /// The caller's idempotency key, if it sent one.
    pub key: Option<String>,
}

/// A subscription, with its secret, which is shown this once.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    pub webhook_id: String,
    pub secret: WebhookSecret,
    pub position: Position,
    /// It had been asked for before.
    pub replayed: bool,
}

impl BankNode {
    /// Whether messages may go to an address.
    pub fn check_webhook_url(&self, url: &str) -> Result<(), AddressFault> {
        self.shared.webhook_client.reach().check(url).map(|_| ())
    }

    /// Begins a subscription. When this returns, it is durable.
    pub async fn subscribe_webhook(
        &self,
        caller: &CommandCaller,
        mut request: WebhookRequest,
    ) -> Result<NewWebhook, ApplicationError> {
        request.event_types.sort_unstable();
        request.event_types.dedup();
        let webhook_id = match &request.key {
            Some(key) => self.webhook_id_of_key(&caller.actor, key),
            None => format!("wh_{}", Uuid::now_v7().simple()),
        };
        if request.key.is_some()
            && let Some(known) = self.known_webhook(caller, &webhook_id, &request).await?
        {
            return Ok(known);
        }
        let target = WebhookTarget::new(request.url);
        let subject = self
            .shared
            .keys
            .find_or_create(&key_name(&webhook_id))
            .await?;
        let command = Command::SubscribeWebhook(SubscribeWebhook {
            subscribed: WebhookSubscribed {
                webhook_id: webhook_id.clone(),
                event_types: request.event_types,
                target: target.seal(&subject, &webhook_id),
            },
        });
        let position = self.ask_control(caller, command).await?;
        Ok(NewWebhook {
            webhook_id,
            secret: target.secret,
            position,
            replayed: false,
        })
    }

    /// The subscription that the same key began before.
    async fn known_webhook(
        &self,
        caller: &CommandCaller,
        webhook_id: &str,
        request: &WebhookRequest,
    ) -> Result<Option<NewWebhook>, ApplicationError> {
        if self.shared.keys.find(&key_name(webhook_id)).is_none() {
            return Ok(None);
        }
        let last = self.shared.reader.last();
        self.wait_until_projected(last, caller.deadline).await?;
        let Some(row) = self.webhook_row(webhook_id).await? else {
            return Ok(None);
        };
        let target = self
            .webhook_target(&row)
            .ok_or(ApplicationError::Inconsistent)?;
        if target.url != request.url || row.event_types != request.event_types {
            return Err(ApplicationError::KeyReused);
        }
        Ok(Some(NewWebhook {
            webhook_id: row.webhook_id,
            secret: target.secret,
            position: self.position(row.sequence),
            replayed: true,
        }))
    }

    /// Pauses or resumes a subscription.
    pub async fn pause_webhook(
        &self,
        caller: &CommandCaller,
        webhook_id: &str,
        paused: bool,
    ) -> Result<Position, ApplicationError> {
        let change = if paused {
            WebhookChange::Paused
        } else {
            WebhookChange::Resumed
        };
        self.change_webhook(caller, webhook_id, change).await
    }

    /// Gives a subscription another secret; the one before stays good for a day.
    pub async fn rotate_webhook_secret(
        &self,
        caller: &CommandCaller,
        webhook_id: &str,
    ) -> Result<NewWebhook, ApplicationError> {
        let row = self.settled_webhook(caller, webhook_id).await?;
        let subject = self
            .shared
            .keys
            .find(&key_name(webhook_id))
            .ok_or(ApplicationError::Inconsistent)?;
        let target = self
            .webhook_target(&row)
            .ok_or(ApplicationError::Inconsistent)?
            .rotated(real_now_us());
        let change = WebhookChange::SecretRotated {
            target: target.seal(&subject, webhook_id),
        };
        let position = self.change_webhook(caller, webhook_id, change).await?;
        Ok(NewWebhook {
            webhook_id: webhook_id.to_owned(),
            secret: target.secret,
            position,
            replayed: false,
        })
    }

    /// Ends a subscription: nothing more is sent, and its address and secret become unreadable.
    pub async fn delete_webhook(
        &self,
        caller: &CommandCaller,
        webhook_id: &str,
    ) -> Result<Position, ApplicationError> {
        let position = self
            .change_webhook(caller, webhook_id, WebhookChange::Deleted)
            .await?;
        if let Some(subject) = self.shared.keys.find(&key_name(webhook_id)) {
            self.shared.keys.destroy(subject.reference).await?;
        }
        self.shared.deliveries.tidy(webhook_id, true).await?;
        Ok(position)
    }

    /// A subscription; one that was begun a moment ago is waited for.
    pub async fn settled_webhook(
        &self,
        caller: &CommandCaller,
        webhook_id: &str,
    ) -> Result<WebhookRow, ApplicationError> {
        let last = self.shared.reader.last();
        self.wait_until_projected(last, caller.deadline).await?;
        self.webhook_row(webhook_id)
            .await?
            .ok_or(ApplicationError::Rejected(Rejection::UnknownWebhook))
    }

    async fn change_webhook(
        &self,
        caller: &CommandCaller,
        webhook_id: &str,
        change: WebhookChange,
    ) -> Result<Position, ApplicationError> {
        let command = Command::ChangeWebhook(ChangeWebhook {
            webhook_id: webhook_id.to_owned(),
            change,
        });
        self.ask_control(caller, command).await
    }

    /// Asks the control partition for something that needs no key; gives the position of what it led to.
    async fn ask_control(
        &self,
        caller: &CommandCaller,
        command: Command,
    ) -> Result<Position, ApplicationError> {
        let control = PartitionId::CONTROL;
        let envelope = self.envelope(caller, control, Uuid::now_v7(), None, command);
        match self.shared.bus.ask(envelope).await {
            Reply::Committed { through, .. } => Ok(self.position(through)),
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            _ => Err(Unavailable::Expired.into()),
        }
    }

    fn webhook_id_of_key(&self, caller: &str, key: &str) -> String {
        let scope = IdempotencyScope {
            institution: &self.shared.name,
            caller,
            operation: "webhook",
            key,
        };
        format!("wh_{}", hex::encode(scope.hash()))
    }
}
