//! Webhook subscriptions: whom the bank's node tells what, governed in the control partition.
//!
//! Where to and with which secret is sealed under a key of the subscription's own before it gets here, so the log holds
//! neither in clear and deleting a subscription can make both unreadable.

mod change;
mod subscribe;
mod subscriptions;

pub use change::{ChangeWebhook, WebhookChange};
pub use subscribe::SubscribeWebhook;
pub use subscriptions::{
    WEBHOOKS_MAX, WebhookChanged, WebhookEventType, WebhookSubscribed, WebhookSubscriptions,
};
