//! Coordinator and institutions that go away in the middle of things and come back.

use accord_federation::{Entry, Parties};
use accord_federation_node::coordinator::StatusName;

use crate::bank::pooled_course;
use crate::consortium::{Consortium, gbdt};
use crate::whole_jobs::transcript;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_and_an_institution_that_restart_again_and_again_finish_with_everybody() {
    let mut consortium = Consortium::started(3).await;
    consortium.order(&gbdt("trees", 4)).await;
    // With three institutions nobody can be spared: whoever is missing is waited for.
    for sums in [1, 3, 5] {
        consortium
            .until("trees", |view| {
                view.sums >= sums || view.ended_at_us.is_some()
            })
            .await;
        consortium.stop_coordinator().await;
        consortium.start_coordinator().await;
        consortium
            .until("trees", |view| {
                view.sums > sums || view.ended_at_us.is_some()
            })
            .await;
        consortium.stop(1).await;
        consortium.start(1).await;
    }
    let view = consortium.until_ended("trees").await;
    assert_eq!(view.status.name, StatusName::Finished, "{view:#?}");
    let transcript = transcript(&consortium, "trees").await;
    transcript.verify().expect("it holds");
    assert_eq!(
        view.status.result,
        Some(pooled_course(&consortium.banks, &transcript))
    );
    for place in 0..3 {
        let found = consortium.until_received(place, "trees").await;
        assert_eq!(Some(found.hash), view.status.result);
    }
    consortium.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_goes_on_without_an_institution_that_is_gone_and_tells_it_the_end_later() {
    let mut consortium = Consortium::started(4).await;
    consortium.order(&gbdt("trees", 4)).await;
    consortium.until("trees", |view| view.sums >= 5).await;
    consortium.stop(2).await;
    let view = consortium.until_ended("trees").await;
    assert_eq!(view.status.name, StatusName::Finished, "{view:#?}");
    let transcript = transcript(&consortium, "trees").await;
    transcript.verify().expect("it holds");
    assert_eq!(
        view.status.result,
        Some(pooled_course(&consortium.banks, &transcript))
    );
    let without = transcript.entries.iter().any(|entry| match entry {
        Entry::Release(release) => release.header.body.survivors != Parties::first(4),
        _ => false,
    });
    assert!(without, "the others went on: {view:#?}");

    // The coordinator restarts as well, and still tells the late one everything.
    consortium.stop_coordinator().await;
    consortium.start_coordinator().await;
    consortium.start(2).await;
    let found = consortium.until_received(2, "trees").await;
    assert_eq!(Some(found.hash), view.status.result);
    consortium.end().await;
}
