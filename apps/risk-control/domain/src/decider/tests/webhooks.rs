use proptest::prelude::*;

use super::*;
use crate::{
    ChangeWebhook, SubscribeWebhook, WEBHOOKS_MAX, WebhookChange, WebhookChanged, WebhookEventType,
    WebhookSubscribed,
};

fn subscription(webhook_id: &str) -> WebhookSubscribed {
    WebhookSubscribed {
        webhook_id: webhook_id.to_owned(),
        event_types: vec![WebhookEventType::CaseResolved],
        target: "sealed".to_owned(),
    }
}

fn subscribe(webhook_id: &str) -> Command {
    Command::SubscribeWebhook(SubscribeWebhook {
        subscribed: subscription(webhook_id),
    })
}

fn subscribed(webhook_id: &str) -> Event {
    Event::WebhookSubscribed(subscription(webhook_id))
}

fn change(change: WebhookChange) -> Command {
    Command::ChangeWebhook(ChangeWebhook {
        webhook_id: "w-1".to_owned(),
        change,
    })
}

fn changed(change: WebhookChange) -> Event {
    Event::WebhookChanged(WebhookChanged {
        webhook_id: "w-1".to_owned(),
        change,
    })
}

fn rotated() -> WebhookChange {
    WebhookChange::SecretRotated {
        target: "sealed anew".to_owned(),
    }
}

pub(super) fn some_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(subscribe("w-1")),
        proptest::sample::select(vec![
            WebhookChange::Paused,
            WebhookChange::Resumed,
            WebhookChange::Deleted,
            rotated(),
        ])
        .prop_map(change),
    ]
}

#[test]
fn a_subscription_begins_once_and_there_are_not_too_many() {
    given_control([])
        .when(&at(NOON), &subscribe("w-1"))
        .then(&[subscribed("w-1")]);
    given_control([subscribed("w-1")])
        .when(&at(NOON), &subscribe("w-1"))
        .then(&[]);
    given_control((0..WEBHOOKS_MAX).map(|index| subscribed(&format!("w-{index}"))))
        .when(&at(NOON), &subscribe("one more"))
        .then_rejected(&Rejection::TooManyWebhooks);
}

#[test]
fn it_is_paused_resumed_given_another_secret_and_deleted() {
    for one in [WebhookChange::Paused, rotated(), WebhookChange::Deleted] {
        given_control([subscribed("w-1")])
            .when(&at(NOON), &change(one.clone()))
            .then(&[changed(one)]);
    }
    given_control([subscribed("w-1"), changed(WebhookChange::Paused)])
        .when(&at(NOON), &change(WebhookChange::Resumed))
        .then(&[changed(WebhookChange::Resumed)]);
}

#[test]
fn what_is_so_already_needs_no_event() {
    given_control([subscribed("w-1")])
        .when(&at(NOON), &change(WebhookChange::Resumed))
        .then(&[]);
    given_control([subscribed("w-1"), changed(WebhookChange::Paused)])
        .when(&at(NOON), &change(WebhookChange::Paused))
        .then(&[]);
}

#[test]
fn what_was_deleted_or_never_there_is_unknown() {
    given_control([])
        .when(&at(NOON), &change(WebhookChange::Paused))
        .then_rejected(&Rejection::UnknownWebhook);
    given_control([subscribed("w-1"), changed(WebhookChange::Deleted)])
        .when(&at(NOON), &change(rotated()))
        .then_rejected(&Rejection::UnknownWebhook);
}
