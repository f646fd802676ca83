//! The button that tests a draft, and the page of what came out.

use accord_service::{Deadline, Principal, Problem, StrictPath};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::super::{
    back_tests::{BackTestBody, back_test_problem},
    form::{PageForm, belongs_on_the_page},
};
use crate::{
    back_test::BackTestState,
    console::back_test::{BackTestPage, BackTestProgressView},
    http::{Service, pages::page},
};

/// Asks the browser to look again after so many seconds.
static REFRESH: HeaderName = HeaderName::from_static("refresh");
const LOOK_AGAIN: HeaderValue = HeaderValue::from_static("1");

/// What the button posts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedBackTest {
    /// `on` for the counterfactual mode.
    counterfactual: Option<String>,
    alerts_a_day: Option<u32>,
}

/// Begins a back-test of a draft over the whole history and shows it.
pub(in crate::http::governance) async fn start(
    State(service): Service,
    principal: Principal,
    _deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(draft): StrictPath<u64>,
    PageForm(posted): PageForm<PostedBackTest>,
) -> Result<Response, Problem> {
    let body = BackTestBody {
        draft,
        from: None,
        to: None,
        alerts_a_day: posted.alerts_a_day,
        counterfactual: posted.counterfactual.is_some(),
    };
    let started = match service.back_test_request(&body).await {
        Ok(request) => service
            .node
            .start_back_test(principal.person(), request)
            .map_err(|error| back_test_problem(&error)),
        Err(problem) => Err(problem),
    };
    match started {
        Ok(job) => {
            let href = service
                .frame(&principal, &uri)
                .href(&format!("/back-tests/{}", job.id));
            let location =
                HeaderValue::try_from(href).map_err(|error| Problem::internal(&error))?;
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
        }
        Err(problem) if belongs_on_the_page(&problem) => {
            service
                .draft_page(&principal, &uri, draft, Some(problem))
                .await
        }
        Err(problem) => Err(problem),
    }
}

/// One back-test.
pub(in crate::http::governance) async fn show(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    StrictPath(id): StrictPath<String>,
) -> Result<Response, Problem> {
    let job = service.back_test_job(&id)?;
    let is_running = matches!(job.state, BackTestState::Running(_));
    let view = BackTestPage {
        frame: service.frame(&principal, &uri),
        draft: job.draft,
        requested_by: job.requested_by,
        currency: service.node.currency().to_owned(),
        progress: match job.state {
            BackTestState::Running(progress) => BackTestProgressView::Running(progress.share()),
            BackTestState::Finished { hash, result } => BackTestProgressView::Finished {
                hash,
                report: Box::new(result.report.clone()),
            },
            BackTestState::Failed(problem) => BackTestProgressView::Ended(problem),
            BackTestState::Cancelled => BackTestProgressView::Ended("It was cancelled.".to_owned()),
        },
    };
    let mut response = page(StatusCode::OK, crate::console::back_test::back_test(&view));
    if is_running {
        response.headers_mut().insert(REFRESH.clone(), LOOK_AGAIN);
    }
    Ok(response)
}
