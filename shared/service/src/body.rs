//! Reads a request body within a limit of bytes and of time.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use bytes::Bytes;

use crate::problem::Problem;
use crate::problem_kind::ProblemKind;

/// The limit for bodies of a single command or event: 64 KiB.
pub const BODY_BYTES_MAX_DEFAULT: usize = 64 * 1024;

/// A body that takes longer to arrive is given up, so that slow senders cannot hold handlers.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// Reads the whole body.
///
/// # Errors
/// `body-too-large` as soon as the announced or the actual length exceeds `bytes_max`,
/// `request-timeout` after [`BODY_TIME_MAX`], `malformed-request` if the body breaks off.
pub async fn read_body(request: Request, bytes_max: usize) -> Result<Bytes, Problem> {
    if announced_length(request.headers()).is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    let body = request.into_body();
    // A GET or an empty POST has nothing to wait for.
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    match tokio::time::timeout(BODY_TIME_MAX, collect(body, bytes_max)).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(Problem::new(ProblemKind::RequestTimeout).detail(format!(
            "the body was not complete within {} seconds",
            BODY_TIME_MAX.as_secs()
        ))),
    }
}

async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    axum::body::to_bytes(body, bytes_max)
        .await
        .map_err(|error| {
            if is_length_limit(&error) {
                too_large(bytes_max)
            } else {
                Problem::new(ProblemKind::MalformedRequest)
                    .detail("the body broke off before its announced end")
            }
        })
}

/// axum wraps the limiter's error; its own type is not exported, but its text is fixed.
fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(|source| source.to_string() == "length limit exceeded")
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(ProblemKind::BodyTooLarge)
        .detail(format!("the body may have at most {bytes_max} bytes"))
        .extension("bytes_max", bytes_max)
}

/// The media type of the body in lower case without its parameters, such as `application/json`.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next().unwrap_or_default().trim();
    Some(media_type.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    fn request_of(body: Body) -> Request {
        Request::new(body)
    }

    fn in_pieces(pieces: &'static [&'static str]) -> Body {
        let pieces = pieces
            .iter()
            .map(|piece| Ok::<_, std::io::Error>(piece.as_bytes()));
        Body::from_stream(stream::iter(pieces))
    }

    #[tokio::test]
    async fn a_body_up_to_the_limit_is_read_whole() {
        assert_eq!(
            read_body(request_of(Body::from("12345678")), 8)
                .await
                .unwrap(),
            "12345678"
        );
        assert_eq!(
            read_body(request_of(in_pieces(&["1234", "5678"])), 8)
                .await
                .unwrap(),
            "12345678"
        );
        assert_eq!(read_body(request_of(Body::empty()), 8).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_longer_body_is_refused_whether_or_not_its_length_is_announced() {
        let mut announced = request_of(Body::from("123456789"));
        announced
            .headers_mut()
            .insert(header::CONTENT_LENGTH, 9.into());
        for request in [announced, request_of(in_pieces(&["12345", "6789"]))] {
            let problem = read_body(request, 8).await.unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::BodyTooLarge);
            assert!(problem.to_string().contains("at most 8 bytes"), "{problem}");
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_malformed() {
        let pieces = [Ok("1234"), Err(std::io::Error::other("connection reset"))];
        let broken = Body::from_stream(stream::iter(pieces));
        let problem = read_body(request_of(broken), 8).await.unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::MalformedRequest);
    }

    #[test]
    fn the_media_type_is_read_without_parameters_and_case() {
        let mut headers = HeaderMap::new();
        assert_eq!(media_type(&headers), None);
        headers.insert(
            header::CONTENT_TYPE,
            "Application/JSON; charset=utf-8".parse().unwrap(),
        );
        assert_eq!(media_type(&headers).as_deref(), Some("application/json"));
    }
}
