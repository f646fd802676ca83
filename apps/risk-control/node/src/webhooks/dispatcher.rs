//! Finds what subscribers are to be told, and sends it.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use accord_event_log::Sequence;
use tokio::task::JoinSet;

use super::{
    client::SignedMessage,
    deliveries::{Attempt, Delivery, DeliveryState, NewDelivery, pause_us},
};
use crate::{application::ApplicationError, node::BankNode, queries::webhooks::WebhookRow};

/// Between two looks at what is due.
const TICK: Duration = Duration::from_secs(1);
/// Messages found in one go.
const FOUND_AT_ONCE: u32 = 512;
/// Messages of one subscription that are under way at once.
const IN_FLIGHT: u32 = 4;
/// Old deliveries are forgotten each time that so many were made.
const TIDY_EVERY: i64 = 256;
/// Pauses are spread by so much to either side, so that receivers which failed together are not asked together.
const JITTER_SHARE: f64 = 0.2;

/// Microseconds since the epoch on the real clock.
pub fn real_now_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Delivers until it is stopped, which it may be anywhere: what was not recorded is sent again under the same id.
pub async fn run(node: BankNode) {
    let mut sending: JoinSet<String> = JoinSet::new();
    let mut busy: HashSet<String> = HashSet::new();
    // The cursor in memory runs ahead of the stored one over events of which nobody is told.
    let mut searched = Sequence::ZERO;
    loop {
        match look(&node, &mut searched).await {
            Ok(subscriptions) => {
                for subscription in subscriptions {
                    let id = subscription.webhook_id.clone();
                    if !subscription.paused && busy.insert(id) {
                        sending.spawn(send_due(node.clone(), subscription));
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "webhooks could not be looked for; trying again"),
        }
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            Some(sent) = sending.join_next() => match sent {
                Ok(webhook_id) => {
                    busy.remove(&webhook_id);
                    // A full batch may have more behind it, a refused one waits: either way not in a tight circle.
                    tokio::time::sleep(TICK / 10).await;
                }
                Err(error) => {
                    tracing::error!(%error, "sending webhooks broke off");
                    busy.clear();
                }
            },
        }
    }
}

/// Stores what is to be told since the last look; gives the subscriptions that are not deleted.
async fn look(
    node: &BankNode,
    searched: &mut Sequence,
) -> Result<Vec<WebhookRow>, ApplicationError> {
    let log = &node.shared.deliveries;
    let stored = log.cursor().await?;
    let from = stored.max(*searched);
    let through = node.progress().through;
    // Read models that are filled anew have yet to come to where the cursor stands; until then nobody is known.
    if through < from {
        return Ok(Vec::new());
    }
    let subscriptions = node.webhook_rows().await?;
    if subscriptions.is_empty() {
        // Whoever subscribes is told of what comes after, so nothing needs to be remembered.
        *searched = through;
        return Ok(subscriptions);
    }
    let found = node.webhook_outbox(from, through, FOUND_AT_ONCE).await?;
    let complete = found.len() < FOUND_AT_ONCE as usize;
    let reached = match found.last() {
        Some(last) if !complete => last.sequence,
        _ => through,
    };
    let mut deliveries = Vec::new();
    for entry in &found {
        for subscription in &subscriptions {
            let wanted = subscription
                .event_types
                .iter()
                .any(|event_type| event_type.name() == entry.event_type);
            if wanted && subscription.sequence < entry.sequence {
                deliveries.push(NewDelivery {
                    webhook_id: subscription.webhook_id.clone(),
                    message_id: format!("evt_{}", entry.event_id),
                    sequence: entry.sequence,
                    event_type: entry.event_type.clone(),
                });
            }
        }
    }
    if !deliveries.is_empty() {
        log.enqueue(&deliveries, reached, real_now_us()).await?;
    }
    *searched = reached;
    Ok(subscriptions)
}

/// Sends what is due to one subscription; gives its id.
async fn send_due(node: BankNode, subscription: WebhookRow) -> String {
    let webhook_id = subscription.webhook_id.clone();
    let due = node
        .shared
        .deliveries
        .due(&webhook_id, real_now_us(), IN_FLIGHT)
        .await;
    match due {
        Ok(due) => {
            let mut sends = Vec::with_capacity(due.len());
            for delivery in &due {
                sends.push(send(&node, &subscription, delivery));
            }
            futures::future::join_all(sends).await;
            let is_time_to_tidy = due.iter().any(|delivery| delivery.number % TIDY_EVERY == 0);
            if is_time_to_tidy
                && let Err(error) = node.shared.deliveries.tidy(&webhook_id, false).await
            {
                tracing::warn!(%error, "old deliveries could not be forgotten");
            }
        }
        Err(error) => tracing::warn!(%error, "due webhooks could not be read"),
    }
    webhook_id
}

async fn send(node: &BankNode, subscription: &WebhookRow, delivery: &Delivery) {
    let now_us = real_now_us();
    let attempt = match attempt(node, subscription, delivery, now_us).await {
        Ok(status) => Attempt {
            status: Some(status),
            error: None,
        },
        Err(error) => Attempt {
            status: None,
            error: Some(error),
        },
    };
    let jitter = 1.0 + JITTER_SHARE * (2.0 * rand::random::<f64>() - 1.0);
    let pause_us = (pause_us(delivery.attempts_in_a_row + 1) as f64 * jitter) as i64;
    let recorded = node
        .shared
        .deliveries
        .record(delivery, &attempt, real_now_us(), pause_us)
        .await;
    match recorded {
        Ok(DeliveryState::GivenUp) => tracing::warn!(
            webhook = delivery.webhook_id,
            message = delivery.message_id,
            "a webhook was given up; it can be redelivered by command"
        ),
        Ok(_) => {}
        // It is sent again, under the same id.
        Err(error) => tracing::warn!(%error, "a webhook's attempt could not be recorded"),
    }
}

/// The status of the answer, or why there was none.
async fn attempt(
    node: &BankNode,
    subscription: &WebhookRow,
    delivery: &Delivery,
    now_us: i64,
) -> Result<u16, String> {
    let target = node
        .webhook_target(subscription)
        .ok_or("the key of this subscription is gone")?;
    let body = node
        .webhook_body(delivery.sequence)
        .await
        .map_err(|error| {
            tracing::warn!(%error, "a webhook's message could not be made");
            "the message could not be made".to_owned()
        })?
        .ok_or("nobody is told of this event any more")?;
    let message = SignedMessage {
        message_id: delivery.message_id.clone(),
        timestamp_s: now_us / 1_000_000,
        signatures: target.signatures(&delivery.message_id, now_us, &body),
        body: body.into(),
    };
    node.shared
        .webhook_client
        .post(&target.url, message)
        .await
        .map_err(|error| error.to_string())
}
