//! From a kill under load to the first decision of the next process.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use accord_bench::load::ClosedLoop;
use accord_event_log::{
    LogReader, Sequence, journal::segment::SegmentHeader, snapshot::SnapshotFolder,
};
use futures::{TryStreamExt as _, stream};
use risk_control::RiskControl;
use risk_control_node::BankNode;
use serde::Serialize;

use super::{
    node::ServedNode,
    process::{NodeCommand, NodeProcess},
    purchases::{Buyers, Purchases, Target, historical},
    random::Random,
};

/// Transactions of one chunk of the import, and chunks under way.
const CHUNK: u64 = 2_000;
const CHUNKS_AT_ONCE: usize = 4;
/// Kills, each after a longer load than the one before, so that they hit the time between two snapshots at different
/// places.
const KILLS: u32 = 3;
/// What names the load for each recovery among the seeds of all sources.
const SEED: u64 = 100;
const FIRST_DECISION_TIME_MAX: Duration = Duration::from_secs(60);

/// One kill and what followed.
#[derive(Clone, Debug, Serialize)]
pub struct Recovery {
    /// Load before the kill, in seconds.
    pub load_seconds: f64,
    /// Events in the log when the process was killed.
    pub events: u64,
    /// Those that no snapshot held.
    pub folded_events: u64,
    /// From the start of the next process until it served.
    pub serving_seconds: f64,
    /// From the start of the next process until a decision was answered with 201.
    pub first_decision_seconds: f64,
}

/// Imports transactions until the log holds `transactions` of them.
pub async fn fill(served: &ServedNode, transactions: u64) -> anyhow::Result<u64> {
    let missing = transactions.saturating_sub(served.node.reader().last().0);
    let actor: Arc<str> = Arc::from("bench");
    let chunks = stream::iter((0..missing.div_ceil(CHUNK)).map(Ok::<_, anyhow::Error>));
    let importing = chunks.map_ok(|chunk| import_chunk(&served.node, &actor, chunk));
    importing
        .try_buffer_unordered(CHUNKS_AT_ONCE)
        .try_for_each(|()| std::future::ready(Ok(())))
        .await?;
    Ok(missing)
}

async fn import_chunk(node: &BankNode, actor: &Arc<str>, chunk: u64) -> anyhow::Result<()> {
    let mut random = Random::new(1_000 + chunk);
    let past = historical(CHUNK, node.clock().now_us(), &mut random);
    node.import(actor, past).await?;
    Ok(())
}

/// A node in a process of its own, killed again and again.
pub struct Recoveries<'a> {
    pub command: &'a NodeCommand,
    pub folder: &'a Path,
    /// What the log says of itself. Known beforehand: whoever reads a log after a kill does part of the recovery.
    pub header: SegmentHeader,
    pub secret: &'a str,
    pub connections: usize,
    /// Load before the first kill; the others come after as much again each.
    pub load: Duration,
}

impl Recoveries<'_> {
    pub async fn measure(&self) -> anyhow::Result<Vec<Recovery>> {
        let mut process = self.command.spawn()?;
        let mut target = Target::decisions(process.address().await?, self.secret);
        let mut recoveries = Vec::new();
        for number in 1..=KILLS {
            let load = self.load * number;
            kill_under_load(process, &target, self.connections, load, number).await?;
            let snapshots = self.oldest_snapshot().await?;

            let begun = Instant::now();
            process = self.command.spawn()?;
            target = Target::decisions(process.address().await?, self.secret);
            let serving_seconds = begun.elapsed().as_secs_f64();
            first_decision(&target, number).await?;
            let first_decision_seconds = begun.elapsed().as_secs_f64();

            // All but the one decision were there at the kill.
            let reader = LogReader::open(&self.folder.join("log")).await?;
            let events = reader.last().0 - 1;
            recoveries.push(Recovery {
                load_seconds: load.as_secs_f64(),
                events,
                folded_events: events.saturating_sub(snapshots.0),
                serving_seconds,
                first_decision_seconds,
            });
        }
        process.kill()?;
        Ok(recoveries)
    }

    /// Up to where every partition's snapshot reaches.
    async fn oldest_snapshot(&self) -> anyhow::Result<Sequence> {
        let (log_id, layout) = (self.header.log_id.clone(), self.header.layout);
        let snapshots = SnapshotFolder::new(self.folder.join("snapshots"), log_id);
        let oldest = tokio::task::spawn_blocking(move || {
            let through = layout.all().map(|partition| {
                let snapshot = snapshots.load::<RiskControl>(partition);
                snapshot.map_or(Sequence::ZERO, |snapshot| snapshot.through)
            });
            through.min().unwrap_or(Sequence::ZERO)
        });
        Ok(oldest.await?)
    }
}

/// Kills the process while every connection waits for an answer.
async fn kill_under_load(
    process: NodeProcess,
    target: &Target,
    connections: usize,
    load: Duration,
    number: u32,
) -> anyhow::Result<()> {
    let purchases = Purchases::new(target, Buyers::AtRandom, SEED + u64::from(number))?;
    // Twice the time, so that the kill always comes in the middle of it.
    let closed = ClosedLoop {
        warm_up: Duration::ZERO,
        ..ClosedLoop::new(connections, load * 2)
    };
    tokio::select! {
        ended = closed.run(target.address, purchases) => {
            anyhow::bail!("the load ended before the kill: {ended:?}")
        }
        () = tokio::time::sleep(load) => process.kill(),
    }
}

/// Asks for one decision until there is one.
async fn first_decision(target: &Target, number: u32) -> anyhow::Result<()> {
    let begun = Instant::now();
    let once = ClosedLoop {
        warm_up: Duration::ZERO,
        requests_max: 1,
        ..ClosedLoop::new(1, Duration::from_secs(10))
    };
    while begun.elapsed() < FIRST_DECISION_TIME_MAX {
        let seed = SEED + u64::from(KILLS + number);
        let purchases = Purchases::new(target, Buyers::AtRandom, seed)?;
        let report = once.run(target.address, purchases).await?;
        if report.answers.success == 1 {
            return Ok(());
        }
    }
    anyhow::bail!("no decision within {FIRST_DECISION_TIME_MAX:?} of the start")
}
