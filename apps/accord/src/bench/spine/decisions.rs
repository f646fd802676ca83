//! The main run: how many durable decisions a second, and where the time of one goes.

use std::{sync::atomic::Ordering, time::Duration};

use accord_bench::{
    load::{ClosedLoop, LoadReport},
    process::ProcessUsage,
};
use accord_event_log::{
    stages::{Stage, StageTimes},
    worker::WorkerCounters,
};
use serde::Serialize;

use super::{
    lag::Lag,
    node::ServedNode,
    purchases::{Buyers, CUSTOMERS, Purchases},
    storage::StorageMax,
    watch::Watch,
};

/// What the main run found.
#[derive(Debug, Serialize)]
pub struct Decisions {
    pub load: LoadReport,
    /// Busy time of each stage for one decision, in the order of the path.
    pub stages: Vec<StageCost>,
    pub log: LogFigures,
    /// Processor time of the whole process, generator included, for one decision.
    pub processor_us_per_decision: f64,
    pub usage: ProcessUsage,
    pub lag: Lag,
    pub storage: StorageMax,
}

#[derive(Debug, Serialize)]
pub struct StageCost {
    pub stage: &'static str,
    pub us_per_decision: f64,
}

/// What the run left in the log.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LogFigures {
    pub commits: u64,
    pub events: u64,
    pub events_per_commit: f64,
    pub stored_bytes_per_event: f64,
    /// Stored text of a commit, on average.
    pub bytes_per_commit: f64,
}

/// The first decision for every customer, which makes the customer's key and stores it durably.
pub async fn new_customers(served: &ServedNode, connections: usize) -> anyhow::Result<LoadReport> {
    let closed = ClosedLoop {
        warm_up: Duration::ZERO,
        requests_max: u64::from(CUSTOMERS),
        ..ClosedLoop::new(connections, Duration::from_secs(120))
    };
    let purchases = Purchases::new(&served.target, Buyers::InTurn(0), 1)?;
    Ok(closed.run(served.target.address, purchases).await?)
}

/// Every connection busy for `duration`.
pub async fn measure(
    served: &ServedNode,
    connections: usize,
    duration: Duration,
) -> anyhow::Result<Decisions> {
    let closed = ClosedLoop::new(connections, duration);
    let purchases = Purchases::new(&served.target, Buyers::AtRandom, 2)?;
    let watch = Watch::begin(served, closed.warm_up);
    let before = Counted::now(served)?;
    let load = closed.run(served.target.address, purchases).await?;
    let (lag, storage) = watch.end().await?;
    served.projected().await;
    let after = Counted::now(served)?;
    let log = after.log.since(&before.log);
    let usage = after.usage.since(&before.usage);
    Ok(Decisions {
        load,
        stages: stage_costs(&before, &after),
        log,
        processor_us_per_decision: usage.processor_seconds() * 1e6 / log.events as f64,
        usage,
        lag,
        storage,
    })
}

/// Counters of the node and of the process at one moment.
struct Counted {
    stages: Vec<(Stage, u64, u64)>,
    log: LogCounts,
    usage: ProcessUsage,
}

#[derive(Clone, Copy)]
struct LogCounts {
    commits: u64,
    events: u64,
    stored_bytes: u64,
}

impl Counted {
    fn now(served: &ServedNode) -> anyhow::Result<Self> {
        let bus = served.node.bus();
        Ok(Self {
            stages: stage_counts(bus.stages()),
            log: LogCounts::of(bus.counters()),
            usage: ProcessUsage::now()?,
        })
    }
}

impl LogCounts {
    fn of(counters: &WorkerCounters) -> Self {
        Self {
            commits: counters.commits.load(Ordering::Relaxed),
            events: counters.events.load(Ordering::Relaxed),
            stored_bytes: counters.stored_bytes.load(Ordering::Relaxed),
        }
    }

    fn since(&self, earlier: &Self) -> LogFigures {
        let commits = self.commits - earlier.commits;
        let events = self.events - earlier.events;
        let bytes = (self.stored_bytes - earlier.stored_bytes) as f64;
        LogFigures {
            commits,
            events,
            events_per_commit: events as f64 / commits as f64,
            stored_bytes_per_event: bytes / events as f64,
            bytes_per_commit: bytes / commits as f64,
        }
    }
}

fn stage_counts(stages: &StageTimes) -> Vec<(Stage, u64, u64)> {
    let read = |stage| {
        let (nanoseconds, items) = stages.read(stage);
        (stage, nanoseconds, items)
    };
    Stage::ALL.into_iter().map(read).collect()
}

fn stage_costs(before: &Counted, after: &Counted) -> Vec<StageCost> {
    let pairs = before.stages.iter().zip(&after.stages);
    let cost = |(before, after): (&(Stage, u64, u64), &(Stage, u64, u64))| StageCost {
        stage: after.0.name(),
        us_per_decision: (after.1 - before.1) as f64 / 1e3 / (after.2 - before.2) as f64,
    };
    pairs.map(cost).collect()
}
