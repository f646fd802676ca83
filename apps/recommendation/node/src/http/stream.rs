//! `GET /v1/stream`: what shoppers do and figures, as server-sent events.
//!
//! The stream is fed by the live view's newest interactions. A client that cannot keep up, or that comes back after a
//! longer pause, is told how much it missed with `gap`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use accord_service::{Problem, StrictQuery};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use recommendation::NewestInteraction;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::{MerchantService, Service};

/// How often new interactions are looked for.
const TICK: Duration = Duration::from_millis(500);
/// Ticks between two `overview` events.
const OVERVIEW_TICKS: u32 = 2;
/// Interactions sent in one tick; beyond that a client could not follow anyway.
const ROWS_MAX: usize = 20;
/// Events that may wait for a slow client.
const WAITING_EVENTS_MAX: usize = 256;

/// Where a stream begins.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamParameters {
    /// Log sequence after which the stream begins; absent: now.
    pub after: Option<u64>,
}

#[utoipa::path(
    get, path = "/v1/stream", tag = "events", params(StreamParameters),
    responses((
        status = 200, content_type = "text/event-stream", body = String,
        description = "Events `interaction`, `overview` (once a second) and `gap` {skipped}"
    ))
)]
pub(crate) async fn stream(
    State(service): Service,
    headers: HeaderMap,
    StrictQuery(parameters): StrictQuery<StreamParameters>,
) -> Result<Response, Problem> {
    let last_id = headers.get("last-event-id");
    let seen = last_id
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .or(parameters.after)
        .unwrap_or_else(|| service.node.view().through());
    let (sender, receiver) = mpsc::channel(WAITING_EVENTS_MAX);
    tokio::spawn(follow(service, seen, sender));
    Ok(Sse::new(events(receiver))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response())
}

fn events(receiver: mpsc::Receiver<Event>) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|event| (Ok(event), receiver))
    })
}

/// Sends until the client goes away or the node ends its streams.
async fn follow(service: Arc<MerchantService>, mut seen: u64, sender: mpsc::Sender<Event>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut tick: u32 = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = sender.closed() => return,
            () = service.node.streams().begun() => return,
        }
        let (newest, missed) = service.newest_interactions(seen);
        if let Some(last) = newest.first() {
            seen = last.sequence;
            for event in service.live_events(&newest, missed).await {
                if sender.send(event).await.is_err() {
                    return;
                }
            }
        }
        if tick.is_multiple_of(OVERVIEW_TICKS)
            && let Ok(event) = Event::default()
                .event("overview")
                .id(seen.to_string())
                .json_data(service.shop_figures())
            && sender.send(event).await.is_err()
        {
            return;
        }
        tick = tick.wrapping_add(1);
    }
}

impl MerchantService {
    /// Interactions after a sequence, newest first, as far as they are sent; and how many of those that are still known
    /// are not.
    fn newest_interactions(&self, seen: u64) -> (Vec<NewestInteraction>, usize) {
        let view = self.node.view();
        let mut newest: Vec<NewestInteraction> = view
            .activity()
            .newest_first()
            .take_while(|interaction| interaction.sequence > seen)
            .copied()
            .collect();
        let missed = newest.len().saturating_sub(ROWS_MAX);
        newest.truncate(ROWS_MAX);
        (newest, missed)
    }

    async fn live_events(&self, newest: &[NewestInteraction], missed: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(newest.len() + 1);
        if missed > 0 {
            let data = serde_json::json!({ "skipped": missed });
            events.extend(Event::default().event("gap").json_data(data));
        }
        match self.event_rows(newest).await {
            Ok(rows) => events.extend(rows.iter().rev().filter_map(|row| {
                let event = Event::default().event("interaction").id(&row.position);
                event.json_data(row).ok()
            })),
            Err(error) => tracing::warn!(%error, "the stream could not name shoppers"),
        }
        events
    }
}
