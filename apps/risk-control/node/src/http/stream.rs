//! `GET /v1/stream`: decisions and figures as they happen, as server-sent events.
//!
//! The stream reads the read model, never the log's writer, so a stream can begin anywhere and begin again: its ids are
//! `generation-sequence` of the transactions read model. A client that comes back to another generation is told to
//! start over with `reset`. A client that cannot keep up is told how much it missed with `gap`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use accord_event_log::{Position, Sequence};
use accord_service::{Problem, ProblemKind, StrictQuery};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::Stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::{BankService, Service};
use crate::{
    http::pages::decision_row,
    projections::TRANSACTIONS,
    queries::transactions::{PageStart, TransactionFilter, TransactionRow},
};

/// How often new decisions are looked for.
const TICK: Duration = Duration::from_millis(250);
/// Ticks between two `overview` events.
const OVERVIEW_TICKS: u32 = 4;
/// Decisions sent in one tick; beyond that a client could not follow anyway.
const ROWS_MAX: u32 = 50;
/// Events that may wait for a slow client.
const WAITING_EVENTS_MAX: usize = 256;

/// Where a stream begins.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamParameters {
    /// A position after which the stream begins; absent: now.
    pub after: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/stream", tag = "transactions", params(StreamParameters),
    responses((
        status = 200, content_type = "text/event-stream", body = String,
        description = "Events `decision`, `overview` (once a second), `gap` {skipped} and `reset`"
    ))
)]
pub(crate) async fn stream(
    State(service): Service,
    headers: HeaderMap,
    StrictQuery(parameters): StrictQuery<StreamParameters>,
) -> Result<Response, Problem> {
    let generation = service.node.tables(TRANSACTIONS).generation;
    let start = match headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
    {
        Some(id) => match parse_id(id) {
            Some((known, sequence)) if known == generation => Start::After(sequence),
            _ => Start::Reset,
        },
        None => match parameters.after.as_deref() {
            Some(token) => {
                let short_id = service.node.reader().short_id();
                let position = Position::from_token(token, short_id).map_err(|error| {
                    Problem::new(ProblemKind::InvalidPosition).detail(error.to_string())
                })?;
                Start::After(position.sequence)
            }
            None => Start::After(service.node.progress().through),
        },
    };
    let (sender, receiver) = mpsc::channel(WAITING_EVENTS_MAX);
    tokio::spawn(follow(service, generation, start, sender));
    Ok(Sse::new(events(receiver))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response())
}

enum Start {
    After(Sequence),
    Reset,
}

fn parse_id(id: &str) -> Option<(i64, Sequence)> {
    let (generation, sequence) = id.split_once('-')?;
    Some((generation.parse().ok()?, Sequence(sequence.parse().ok()?)))
}

fn events(receiver: mpsc::Receiver<Event>) -> impl Stream<Item = Result<Event, Infallible>> {
    futures::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|event| (Ok(event), receiver))
    })
}

/// Sends until the client goes away or the tables are replaced.
async fn follow(
    service: Arc<BankService>,
    generation: i64,
    start: Start,
    sender: mpsc::Sender<Event>,
) {
    let Start::After(mut sent) = start else {
        let _ = sender.send(reset(generation)).await;
        return;
    };
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut tick: u32 = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = sender.closed() => return,
            () = service.node.shared.streams.begun() => return,
        }
        let live = service.node.tables(TRANSACTIONS).generation;
        if live != generation {
            let _ = sender.send(reset(live)).await;
            return;
        }
        let through = service.node.progress().through;
        if through > sent {
            match newest_decisions(&service, sent, through).await {
                Ok(batch) => {
                    sent = through;
                    for event in batch.events(&service, generation) {
                        if sender.send(event).await.is_err() {
                            return;
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "the stream could not read decisions"),
            }
        }
        if tick.is_multiple_of(OVERVIEW_TICKS)
            && let Ok(figures) = service.node.overview().await
            && let Ok(event) = Event::default()
                .event("overview")
                // So that a stream that breaks before its first decision can begin again from here.
                .id(format!("{generation}-{sent}"))
                .json_data(&figures)
            && sender.send(event).await.is_err()
        {
            return;
        }
        tick = tick.wrapping_add(1);
    }
}

struct Batch {
    /// Oldest first.
    rows: Vec<TransactionRow>,
    skipped: u64,
}

/// The newest decisions in `(after, through]`, at most [`ROWS_MAX`], and how many more there were.
async fn newest_decisions(
    service: &BankService,
    after: Sequence,
    through: Sequence,
) -> Result<Batch, sqlx::Error> {
    let filter = TransactionFilter {
        score_min: Some(0.0),
        ..TransactionFilter::default()
    };
    let page = service
        .node
        .transaction_page(&filter, PageStart::Below(through.next()), ROWS_MAX)
        .await?;
    let full = page.rows.len() == ROWS_MAX as usize;
    let oldest_shown = page.rows.last().map_or(through, |row| row.sequence);
    let skipped = if full && oldest_shown > after.next() {
        service.node.count_decisions(after, oldest_shown).await?
    } else {
        0
    };
    let rows = page
        .rows
        .into_iter()
        .rev()
        .filter(|row| row.sequence > after)
        .collect();
    Ok(Batch { rows, skipped })
}

impl Batch {
    fn events(&self, service: &BankService, generation: i64) -> Vec<Event> {
        let mut events = Vec::with_capacity(self.rows.len() + 1);
        if self.skipped > 0 {
            let data = serde_json::json!({ "skipped": self.skipped });
            events.extend(Event::default().event("gap").json_data(data));
        }
        for row in &self.rows {
            let event = Event::default()
                .event("decision")
                .id(format!("{generation}-{}", row.sequence))
                .json_data(decision_row(service, row));
            events.extend(event);
        }
        events
    }
}

fn reset(generation: i64) -> Event {
    Event::default()
        .event("reset")
        .id(format!("{generation}-0"))
        .data("{}")
}
