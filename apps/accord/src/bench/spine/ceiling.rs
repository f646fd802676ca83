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
    process::ProcessUsage,
};
use serde::Serialize;

use super::{
    node::ServedNode,
    purchases::{Buyers, EventTime, Purchases, Target},
};

const OK: u16 = 200;

/// What the ceiling is.
#[derive(Clone, Debug, Serialize)]
pub struct CeilingFigures {
    pub load: LoadReport,
    /// Processor time of the whole process for one request, generator included.
    pub processor_us: f64,
}

/// What the ceiling has in common with a decision.
#[derive(Clone, Copy, Debug)]
pub struct Ceiling {
    pub connections: usize,
    pub duration: Duration,
    pub response_bytes: usize,
}

impl Ceiling {
    /// Serves nothing but answers of the right size and finds how many.
    pub async fn measure(&self, key: &str) -> anyhow::Result<CeilingFigures> {
        let echo = EchoCeiling::start(self.response_bytes).await?;
        let target = Target {
            address: echo.address(),
            path: ECHO_PATH,
            key: key.to_owned(),
            status: OK,
            time: EventTime::begin(),
        };
        let purchases = Purchases::new(&target, Buyers::AtRandom, 7)?;
        let closed = ClosedLoop::new(self.connections, self.duration);
        let before = ProcessUsage::now()?;
        let load = closed.run(echo.address(), purchases).await?;
        let usage = ProcessUsage::now()?.since(&before);
        // The warm-up is not in the report's count but in the processor's.
        let measured = self.duration.as_secs_f64();
        let whole = measured + closed.warm_up.as_secs_f64();
        let requests = load.requests as f64 * whole / measured;
        Ok(CeilingFigures {
            processor_us: usage.processor_seconds() * 1e6 / requests,
            load,
        })
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
