//! What a node does by itself once the read models have moved: apply parked labels, and count open cases.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use crate::node::BankNode;

/// Between two rounds.
const PAUSE: Duration = Duration::from_millis(500);

/// Works until the node is gone. Stopping it anywhere loses nothing: the next start begins with a round.
pub async fn run(node: BankNode) {
    let mut progress = node.shared.progress.clone();
    loop {
        let begun = Instant::now();
        round(&node).await;
        // A round that takes long on a busy node must not follow on itself.
        tokio::time::sleep(PAUSE.max(begun.elapsed())).await;
        if progress.changed().await.is_err() {
            return;
        }
    }
}

async fn round(node: &BankNode) {
    if let Err(error) = node.apply_parked_labels().await {
        tracing::warn!(%error, "a parked label could not be applied; it is tried again");
    }
    match node.case_counts(node.shared.clock.now_us()).await {
        Ok(counts) => node.shared.open_cases.store(counts.open, Ordering::Relaxed),
        Err(error) => tracing::warn!(%error, "open cases could not be counted"),
    }
}
