//! What institutions' nodes ask and say. Each request is one [`SignedRequest`] in binary form; the signature says who
//! sends it, and nothing else does.

use std::sync::Arc;
use std::time::Duration;

use accord_federation::SignedRequest;
use accord_federation::codec::Wire;
use accord_federation::message::ParticipantMessage;
use accord_service::body::read_body;
use accord_service::problem::ProblemDocument;
use accord_service::{Problem, ProblemKind};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use super::jobs::ask;
use super::{Service, ServiceState};
use crate::coordinator::desk::Ask;
use crate::machine_log::now_us;
use crate::work::{EnrolmentReply, ForJob, Reason, WorkRequest, operation};

/// The largest message: a vector of four million coordinates of 64 bits.
const BODY_BYTES_MAX: usize = 36 << 20;
/// How far an institution's clock may be off.
const CLOCK_SKEW_MAX: Duration = Duration::from_secs(600);
/// The longest wait for work.
const WAIT_MS_MAX: u32 = 25_000;

/// A request whose signature holds.
struct Heard<T> {
    /// By place in the coordinator's roster.
    institution: usize,
    content: T,
}

#[utoipa::path(
    post, path = "/v1/participant/work", tag = "participants",
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "What to do", body = [u8], content_type = "application/octet-stream"),
        (status = 204, description = "Nothing within the time that the institution wanted to wait"),
        (status = 401, description = "The signature is not one of the roster", body = ProblemDocument),
    )
)]
pub(crate) async fn work(
    State(service): ServiceState,
    request: Request,
) -> Result<Response, Problem> {
    let heard: Heard<WorkRequest> = hear(&service, request, operation::WORK).await?;
    let (reply, answer) = oneshot::channel();
    let request = WorkRequest {
        wait_ms: heard.content.wait_ms.min(WAIT_MS_MAX),
        ..heard.content
    };
    service
        .shared
        .desk
        .try_send(Ask::Work {
            institution: heard.institution,
            request,
            reply,
        })
        .map_err(|_| Problem::new(ProblemKind::QueueFull))?;
    Ok(match answer.await {
        Ok(Some(work)) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], work).into_response()
        }
        // Also where the same institution has asked again: only its newest request is answered.
        Ok(None) | Err(_) => StatusCode::NO_CONTENT.into_response(),
    })
}

#[utoipa::path(
    post, path = "/v1/participant/enrolment", tag = "participants",
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "Noted"),
        (status = 401, description = "The signature is not one of the roster", body = ProblemDocument),
        (status = 404, description = "No such open job", body = ProblemDocument),
        (status = 422, description = "The enrolment does not hold", body = ProblemDocument),
    )
)]
pub(crate) async fn enrolment(
    State(service): ServiceState,
    request: Request,
) -> Result<StatusCode, Problem> {
    let heard: Heard<EnrolmentReply> = hear(&service, request, operation::ENROLMENT).await?;
    ask(&service, |done| Ask::Enrol {
        institution: heard.institution,
        reply: heard.content,
        done,
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    post, path = "/v1/participant/message", tag = "participants",
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "Taken, and durable"),
        (status = 401, description = "The signature is not one of the roster", body = ProblemDocument),
        (status = 404, description = "No such open job", body = ProblemDocument),
        (status = 422, description = "Not taken, and why", body = ProblemDocument),
    )
)]
pub(crate) async fn message(
    State(service): ServiceState,
    request: Request,
) -> Result<StatusCode, Problem> {
    let heard: Heard<ForJob<ParticipantMessage>> =
        hear(&service, request, operation::MESSAGE).await?;
    ask(&service, |done| Ask::Message {
        institution: heard.institution,
        job: heard.content.job,
        message: Box::new(heard.content.content),
        done,
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    post, path = "/v1/participant/refusal", tag = "participants",
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "Noted"),
        (status = 401, description = "The signature is not one of the roster", body = ProblemDocument),
        (status = 404, description = "No such open job", body = ProblemDocument),
    )
)]
pub(crate) async fn refusal(
    State(service): ServiceState,
    request: Request,
) -> Result<StatusCode, Problem> {
    let heard: Heard<ForJob<Reason>> = hear(&service, request, operation::REFUSAL).await?;
    ask(&service, |done| Ask::Refusal {
        institution: heard.institution,
        job: heard.content.job,
        reason: heard.content.content.0,
        done,
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads a signed request of the closed roster.
async fn hear<T: Wire>(
    service: &Arc<Service>,
    request: Request,
    operation: &str,
) -> Result<Heard<T>, Problem> {
    let body = read_body(request, BODY_BYTES_MAX).await?;
    let unreadable = |error: accord_federation::codec::DecodeError| {
        Problem::new(ProblemKind::MalformedRequest)
            .detail(format!("Not a signed request: {error}."))
    };
    let signed = SignedRequest::from_bytes(&body).map_err(unreadable)?;
    let shared = &service.shared;
    let unknown = || {
        Problem::new(ProblemKind::Unauthenticated)
            .detail("The request is not signed by a member of the roster for this coordinator.")
    };
    let institution = shared
        .roster
        .iter()
        .position(|one| one.identity == signed.institution)
        .ok_or_else(unknown)?;
    signed.verify(&shared.identity).map_err(|_| unknown())?;
    let skew = now_us().unsigned_abs().abs_diff(signed.sent_at_us);
    if skew > CLOCK_SKEW_MAX.as_micros() as u64 || signed.operation != operation {
        return Err(unknown().detail(
            "The request was signed for another operation, or by a clock that is more than ten minutes off.",
        ));
    }
    Ok(Heard {
        institution,
        content: T::from_bytes(&signed.body).map_err(unreadable)?,
    })
}
