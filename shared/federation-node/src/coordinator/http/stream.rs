//! `GET /v1/stream`: jobs as they change, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use accord_service::StrictQuery;
use axum::extract::State;
use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::stream;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Service, ServiceState};
use crate::coordinator::views::StatusName;

/// Events are at least so far apart: a job has dozens of steps a second.
const PAUSE: Duration = Duration::from_millis(250);

/// What is watched.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamParameters {
    /// A job; absent: always the newest one. A stream of one job says `reset` when it ends or another one begins.
    pub job: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/stream", tag = "jobs", params(StreamParameters),
    responses((
        status = 200, content_type = "text/event-stream", body = String,
        description = "Event `job`, as `GET /v1/jobs/{job}`, whenever something of it has changed"
    ))
)]
pub(crate) async fn stream(
    State(service): ServiceState,
    StrictQuery(parameters): StrictQuery<StreamParameters>,
) -> Response {
    let watch = Watch {
        changed: service.shared.book.subscribe(),
        stop: service.stop.clone(),
        first: true,
        before: None,
        job: parameters.job,
        service,
    };
    let events = stream::unfold(watch, async |mut watch| {
        let event = watch.next().await?;
        Some((Ok::<_, Infallible>(event), watch))
    });
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

struct Watch {
    service: Arc<Service>,
    changed: tokio::sync::watch::Receiver<u64>,
    stop: tokio::sync::watch::Receiver<bool>,
    first: bool,
    job: Option<String>,
    /// The newest job and the status of the one that is watched, as last seen.
    before: Option<(String, StatusName)>,
}

impl Watch {
    /// The next event; `None` when the coordinator stops.
    async fn next(&mut self) -> Option<Event> {
        if !self.first {
            tokio::time::sleep(PAUSE).await;
            tokio::select! {
                changed = self.changed.changed() => changed.ok()?,
                _ = self.stop.wait_for(|stop| *stop) => return None,
            }
        }
        self.first = false;
        self.changed.mark_unchanged();
        let book = &self.service.shared.book;
        let newest = book.newest();
        let watched = match &self.job {
            Some(job) => book.job(job),
            None => newest.as_ref().and_then(|name| book.job(name)),
        };
        let Some(view) = watched else {
            return Some(Event::default().comment("no job yet"));
        };
        let now = newest.map(|name| (name, view.status.name));
        let before = std::mem::replace(&mut self.before, now.clone());
        if self.job.is_some() && before.is_some() && before != now {
            return Some(Event::default().event("reset").data("{}"));
        }
        let event = Event::default().event("job").json_data(view);
        Some(event.unwrap_or_else(|_| Event::default().comment("not shown")))
    }
}
