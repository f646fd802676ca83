//! What a node does by itself once the read models have moved: apply parked labels, and count open cases.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use accord_event_log::Sequence;

use crate::node::BankNode;

/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(1);

/// Works until the node is gone. Stopping it anywhere loses nothing: the next start begins with a round.
pub async fn run(node: BankNode) {
    let mut progress = node.shared.progress.clone();
    let mut looked_at = Sequence::ZERO;
    loop {
        let begun = Instant::now();
        looked_at = round(&node, looked_at).await;
        // A round that takes long on a busy node must not follow on itself.
        tokio::time::sleep(PAUSE.max(begun.elapsed())).await;
        // More labels may wait than one round looks at.
        if looked_at == Sequence::ZERO && progress.changed().await.is_err() {
            return;
        }
    }
}

async fn round(node: &BankNode, looked_at: Sequence) -> Sequence {
    let looked_at = match node.apply_parked_labels(looked_at).await {
        Ok(looked_at) => looked_at,
        Err(error) => {
            tracing::warn!(%error, "a parked label could not be applied; it is tried again");
            Sequence::ZERO
        }
    };
    match node.case_counts(node.shared.clock.now_us()).await {
        Ok(counts) => node.shared.open_cases.store(counts.open, Ordering::Relaxed),
        Err(error) => tracing::warn!(%error, "open cases could not be counted"),
    }
    looked_at
}
