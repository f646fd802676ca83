//! The bare HTTP ceiling: the same framework, requests and answers of the same size, on the same cores, and no node.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use accord_bench::{
    echo::{ECHO_PATH, EchoCeiling},
    load::{ClosedLoop, LoadReport, RequestSource as _},
};

use super::{
    node::ServedNode,
    purchases::{Buyers, Purchases, Target},
};

const OK: u16 = 200;

/// What the ceiling has in common with a decision.
#[derive(Clone, Copy, Debug)]
pub struct Ceiling {
    pub connections: usize,
    pub duration: Duration,
    pub response_bytes: usize,
}

impl Ceiling {
    /// Serves nothing but answers of the right size and finds how many.
    pub async fn measure(&self, key: &str, seed: u64) -> anyhow::Result<LoadReport> {
        let echo = EchoCeiling::start(self.response_bytes).await?;
        let target = Target {
            address: echo.address(),
            path: ECHO_PATH,
            key: key.to_owned(),
            status: OK,
        };
        let purchases = Purchases::new(&target, Buyers::AtRandom, seed)?;
        let closed = ClosedLoop::new(self.connections, self.duration);
        Ok(closed.run(echo.address(), purchases).await?)
    }
}

/// Bytes of the body of a decision, by asking for one.
pub async fn response_bytes(served: &ServedNode) -> anyhow::Result<usize> {
    let bytes = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&bytes);
    let purchases = Purchases::new(&served.target, Buyers::InTurn(0), 3)?;
    let purchases = purchases.checked(move |_, response| {
        seen.store(response.body.len(), Ordering::Relaxed);
        true
    });
    let once = ClosedLoop {
        warm_up: Duration::ZERO,
        requests_max: 1,
        ..ClosedLoop::new(1, Duration::from_secs(10))
    };
    let report = once.run(served.target.address, purchases).await?;
    anyhow::ensure!(report.answers.success == 1, "no decision: {report:?}");
    Ok(bytes.load(Ordering::Relaxed))
}
