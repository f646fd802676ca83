//! Jobs from an order to a result, with everybody there.

use accord_federation::codec::Wire;
use accord_federation::{Entry, Parties, Plan, Transcript};
use accord_federation_node::coordinator::StatusName;
use accord_federation_node::task::{JobOrder, Task};
use accord_learning::evaluation::Evaluation;
use accord_learning::gbdt::GbdtLearner;
use accord_learning::logistic::LogisticLearner;
use accord_learning::train_centrally;
use axum::http::Method;

use crate::bank::pooled;
use crate::consortium::{Consortium, evaluation, gbdt, logistic};

/// The task that a transcript's plan holds.
fn task_of(transcript: &Transcript) -> Task {
    let plan: &Plan = transcript.agreed.plan();
    Task::of(plan).expect("a task of ours")
}

pub async fn transcript(consortium: &Consortium, job: &str) -> Transcript {
    let path = format!("/v1/jobs/{job}/transcript");
    let (status, bytes) = consortium.request(Method::GET, &path, "").await;
    assert_eq!(status, 200);
    Transcript::from_bytes(&bytes).expect("a transcript")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trees_grown_together_are_the_pooled_trees_and_are_measured_together() {
    let consortium = Consortium::started(3).await;
    consortium.order(&gbdt("trees", 3)).await;
    let view = consortium.until_ended("trees").await;
    assert_eq!(view.status.name, StatusName::Finished, "{view:#?}");

    // Everybody was in every sum, so the model is the one of all rows in one place.
    let transcript = transcript(&consortium, "trees").await;
    transcript.verify().expect("it holds");
    let everybody = Parties::first(3);
    assert!(transcript.entries.iter().all(|entry| match entry {
        Entry::Release(release) => release.header.body.survivors == everybody,
        _ => true,
    }));
    let Task::Gbdt(training) = task_of(&transcript) else {
        panic!("not the task that was ordered");
    };
    let learner = GbdtLearner::new(training.learner).unwrap();
    let central = train_centrally(learner, &pooled(&consortium.banks, 0..3)).unwrap();
    assert_eq!(view.status.result, Some(central.content_hash()));
    for place in 0..3 {
        let found = consortium.until_received(place, "trees").await;
        assert_eq!(found.hash, central.content_hash());
        let own = consortium.banks[place].training_rows().len() as u64;
        assert_eq!(found.own_rows, own);
    }

    consortium.order(&evaluation("quality", "trees")).await;
    let view = consortium.until_ended("quality").await;
    assert_eq!(view.status.name, StatusName::Finished, "{view:#?}");
    let (status, json) = consortium
        .request(Method::GET, "/v1/jobs/quality/result", "")
        .await;
    assert_eq!(status, 200);
    let measured: Evaluation = serde_json::from_slice(&json).unwrap();
    let (negative, positive) = measured.bins.class_counts();
    let held_out: usize = consortium
        .banks
        .iter()
        .map(|bank| bank.rows_between(0, i64::MAX).len() - bank.training_rows().len())
        .sum();
    assert_eq!(negative + positive, held_out as u64);
    assert!(
        measured.bins.roc_auc() > Some(0.8),
        "{:?}",
        measured.bins.roc_auc()
    );
    consortium.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_regression_trained_together_is_the_pooled_one() {
    let consortium = Consortium::started(4).await;
    consortium.order(&logistic("regression")).await;
    let view = consortium.until_ended("regression").await;
    assert_eq!(view.status.name, StatusName::Finished, "{view:#?}");
    let transcript = transcript(&consortium, "regression").await;
    transcript.verify().expect("it holds");
    let Task::Logistic(training) = task_of(&transcript) else {
        panic!("not the task that was ordered");
    };
    let learner = LogisticLearner::new(training.learner).unwrap();
    let central = train_centrally(learner, &pooled(&consortium.banks, 0..4)).unwrap();
    assert_eq!(view.status.result, Some(central.content_hash()));
    let sent = view.institutions.iter().all(|one| one.bytes_up > 1_000);
    assert!(sent && view.drop_outs.is_empty(), "{view:#?}");
    consortium.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_order_costs_is_said_first_and_an_unsafe_one_is_refused() {
    let mut consortium = Consortium::found(3).await;
    consortium.start_coordinator().await;
    let lint = |order: JobOrder| {
        let body = serde_json::to_string(&order).unwrap();
        consortium.request(Method::POST, "/v1/lint", Box::leak(body.into_boxed_str()))
    };
    let (status, body) = lint(gbdt("trees", 3)).await;
    let report: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(status, 200, "{report}");
    assert_eq!(report["sums_expected"], 10);
    assert_eq!(report["threshold"], 3);
    assert!(report["bytes_up"].as_u64() > Some(0), "{report}");
    for statistic in report["statistics"].as_array().unwrap() {
        assert!(
            statistic["margin_bits"].as_f64() >= Some(0.0),
            "{statistic}"
        );
    }
    let too_large = JobOrder {
        rows_max: u64::MAX,
        ..gbdt("trees", 3)
    };
    let too_few = JobOrder {
        institutions: Some(vec!["bank-0".to_owned(), "bank-1".to_owned()]),
        ..gbdt("trees", 3)
    };
    for (order, reason) in [
        (too_large, "do not fit 64 bits"),
        (too_few, "3 to 50 can sum"),
        (evaluation("quality", "trees"), "no model"),
        (gbdt("Trees!", 3), "is not a name"),
    ] {
        let (status, body) = lint(order).await;
        let body = String::from_utf8_lossy(&body);
        assert!(status == 422 && body.contains(reason), "{reason}: {body}");
    }
    consortium.end().await;
}
