//! What surrounds the handler of a mounted route: the gate, a safety net for panics, and measures.
//!
//! It carries the route's row of the access table with it instead of looking at the matched path,
//! so it works the same when a node is nested under a prefix.

use std::future::{Future, ready};
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tracing::Instrument;

use crate::access::RouteAccess;
use crate::edge::Edge;
use crate::metrics::{Buckets, Counter, Histogram, MetricsRegistry};
use crate::problem::Problem;
use crate::problem_kind::ProblemKind;

/// A handler behind the guard of its route. axum clones it for every request.
#[derive(Clone)]
pub(crate) struct Guarded<H> {
    handler: H,
    guard: Arc<RouteGuard>,
}

struct RouteGuard {
    access: &'static RouteAccess,
    edge: Edge,
    measures: Option<RouteMeasures>,
}

/// Tells axum's `Handler` apart for guarded handlers and for plain functions.
pub(crate) struct GuardedArguments<T>(PhantomData<T>);

impl<H> Guarded<H> {
    pub(crate) fn new(
        handler: H,
        access: &'static RouteAccess,
        edge: Edge,
        registry: Option<&MetricsRegistry>,
    ) -> Self {
        let measures = registry.map(|registry| RouteMeasures::register(registry, access));
        Self {
            handler,
            guard: Arc::new(RouteGuard {
                access,
                edge,
                measures,
            }),
        }
    }
}

impl<H, T, S> Handler<GuardedArguments<T>, S> for Guarded<H>
where
    H: Handler<T, S>,
    T: 'static,
    S: Send + 'static,
{
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, mut request: Request, state: S) -> Self::Future {
        let Self { handler, guard } = self;
        let started = Instant::now();
        let method = request.method().clone();
        if let Some(refusal) = guard.edge.refuse(&mut request, guard.access.allowed) {
            guard.record(&method, &refusal, started.elapsed());
            return Box::pin(ready(refusal));
        }
        let span = tracing::debug_span!("request", %method, route = guard.access.path);
        let answer = handler.call(request, state).instrument(span);
        Box::pin(async move {
            // What the handler owned is dropped with it; what it shared is behind locks and atomics,
            // which have their own rules for panics.
            let response = match AssertUnwindSafe(answer).catch_unwind().await {
                Ok(response) => response,
                Err(_panic) => answer_to_panic(guard.access),
            };
            guard.record(&method, &response, started.elapsed());
            response
        })
    }
}

/// Without an answer the connection would just be closed. The panic's message is on stderr.
fn answer_to_panic(access: &RouteAccess) -> Response {
    tracing::error!(
        route = access.path,
        "a handler panicked; the request was answered with 500"
    );
    Problem::new(ProblemKind::Internal).into_response()
}

impl RouteGuard {
    /// Never logs a body, a query string or the actual path: the template holds no personal data.
    fn record(&self, method: &Method, response: &Response, elapsed: Duration) {
        if let Some(measures) = &self.measures {
            measures.record(response, elapsed);
        }
        tracing::debug!(
            %method,
            route = self.access.path,
            status = response.status().as_u16(),
            problem = response.extensions().get::<ProblemKind>().map(|kind| kind.slug()),
            duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
    }
}

/// What is counted for one route.
struct RouteMeasures {
    duration: Histogram,
    /// Answers of the classes 2xx (with 1xx), 3xx, 4xx and 5xx.
    answers: [Counter; 4],
}

impl RouteMeasures {
    fn register(registry: &MetricsRegistry, access: &RouteAccess) -> Self {
        let labels = [("method", access.method.as_str()), ("route", access.path)];
        let duration = registry.histogram(
            "http_request_duration_seconds",
            "Time from the request to the head of the answer.",
            &labels,
            Buckets::DURATIONS,
        );
        let answers = ["2xx", "3xx", "4xx", "5xx"].map(|class| {
            let labels = [labels[0], labels[1], ("status", class)];
            registry.counter("http_requests_total", "Requests answered.", &labels)
        });
        Self { duration, answers }
    }

    fn record(&self, response: &Response, elapsed: Duration) {
        let class = usize::from(response.status().as_u16() / 100).clamp(2, 5);
        self.answers[class - 2].increment();
        self.duration.observe_duration(elapsed);
    }
}
