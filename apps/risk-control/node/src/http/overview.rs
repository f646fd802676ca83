//! `GET /v1/overview`: figures of the last day.

use accord_service::Problem;
use axum::{Json, extract::State};

use super::{Service, errors::query_problem, transactions::time_text, wire::OverviewBody};

#[utoipa::path(
    get, path = "/v1/overview", tag = "overview",
    responses((status = 200, description = "Figures of the last 24 hours on the node's clock", body = OverviewBody))
)]
pub(crate) async fn overview(State(service): Service) -> Result<Json<OverviewBody>, Problem> {
    let figures = service.node.overview().await.map_err(query_problem)?;
    Ok(Json(OverviewBody {
        simulated_now: time_text(figures.simulated_now_us),
        approve: figures.counts.approve,
        challenge: figures.counts.challenge,
        review: figures.counts.review,
        decline: figures.counts.decline,
        value_minor: figures.value_minor,
        currency: figures.currency,
        fraud_confirmed: figures.fraud_confirmed,
        fraud_confirmed_value_minor: figures.fraud_confirmed_value_minor,
        open_cases: figures.open_cases,
        decision_latency_p99_us: figures.decision_latency_p99_us,
        scores: figures.scores,
        throughput: figures.throughput,
    }))
}
