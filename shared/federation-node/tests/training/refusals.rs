//! Who is not heard, and what is not signed.

use accord_federation::{Identity, Secret, SignedRequest, codec::Wire};
use accord_federation_node::client::{Client, ServerAddress};
use accord_federation_node::coordinator::StatusName;
use accord_federation_node::participant::Limits;
use axum::http::Method;
use bytes::Bytes;

use crate::consortium::{Consortium, gbdt};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_beyond_an_institutions_own_limits_is_not_signed_and_ends_with_the_reason() {
    let mut consortium = Consortium::found(3).await;
    consortium.start_coordinator().await;
    for place in 0..2 {
        consortium.start(place).await;
    }
    let strict = Limits {
        sums_max: 10,
        ..Limits::default()
    };
    consortium.start_with(2, strict).await;
    consortium.order(&gbdt("trees", 4)).await;
    let view = consortium.until_ended("trees").await;
    assert_eq!(view.status.name, StatusName::Aborted);
    let reason = view.status.reason.expect("a reason");
    assert!(
        reason.contains("bank-2 does not sign") && reason.contains("at most 10 are permitted"),
        "{reason}"
    );
    assert!(consortium.banks[0].received.lock().unwrap().is_empty());
    // The name is used; an operator orders a smaller job under another.
    let body = serde_json::to_string(&gbdt("trees", 1)).unwrap();
    let (status, _) = consortium.request(Method::POST, "/v1/jobs", &body).await;
    assert_eq!(status, 409);
    consortium.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_changed_requests_are_not_heard() {
    let mut consortium = Consortium::found(3).await;
    consortium.start_coordinator().await;
    let coordinator = consortium.node().identity();
    let stranger = Identity::from_secret(&Secret::from_bytes([9; 32]));
    let now_us = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_micros() as u64;
    let by_stranger = SignedRequest::sign(&stranger, &coordinator, "work", now_us, vec![0; 5]);
    let address = format!("http://{}/coordinator", consortium.address);
    let mut client = Client::new(ServerAddress::parse(&address).unwrap());
    for (body, expected) in [(by_stranger.to_bytes(), 401), (b"nothing".to_vec(), 400)] {
        let answer = client
            .send(
                Method::POST,
                "/v1/participant/work",
                &[],
                Bytes::from(body),
                std::time::Duration::from_secs(30),
            )
            .await
            .unwrap();
        let problem = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status.as_u16(), expected, "{problem}");
    }
    // Watching needs no key, ordering a job does; pages are there before any job is.
    for (path, expected) in [
        ("/v1/jobs", 200),
        ("/v1/roster", 200),
        ("/", 404),
        ("", 200),
        ("/v1/jobs/none", 404),
    ] {
        let (status, body) = consortium.request(Method::GET, path, "").await;
        assert_eq!(
            status,
            expected,
            "{path}: {}",
            String::from_utf8_lossy(&body)
        );
    }
    consortium.end().await;
}
