//! Latency at a steady half of the maximum, beside the disk's own.

use std::{path::Path, time::Duration};

use accord_bench::{
    disk::{DiskProbe, DiskReport},
    load::{LoadReport, OpenLoop},
};
use serde::Serialize;

use super::{
    log_figures::{LogCounts, LogFigures},
    node::ServedNode,
    purchases::{Buyers, Purchases},
};

const PROBE_WRITES_MAX: u64 = 2_000;
const PROBE_TIME_MAX: Duration = Duration::from_secs(3);

/// Callers who do not wait for each other, and what the disk alone takes for such commits.
#[derive(Debug, Serialize)]
pub struct Steady {
    pub load: LoadReport,
    pub log: LogFigures,
    pub disk: DiskReport,
    /// The load's 99th percentile as a multiple of the one of the disk's `fdatasync`.
    pub p99_to_disk: f64,
}

/// Requests at a constant rate, then the disk by itself right afterwards.
pub async fn measure(
    served: &ServedNode,
    connections: usize,
    rate_per_second: u32,
    duration: Duration,
) -> anyhow::Result<Steady> {
    let open = OpenLoop::new(connections, rate_per_second, duration);
    let purchases = Purchases::new(&served.target, Buyers::AtRandom, 4)?;
    let before = LogCounts::of(served.node.bus().counters());
    let load = open.run(served.target.address, purchases).await?;
    served.projected().await;
    let log = LogCounts::of(served.node.bus().counters()).since(&before);
    let disk = probe_disk(&served.folder, log.stored_bytes_per_commit as usize).await?;
    Ok(Steady {
        p99_to_disk: load.latency.p99_us as f64 / disk.flush.p99_us.max(1) as f64,
        load,
        log,
        disk,
    })
}

/// Durable appends of a commit's size, one after the other.
pub async fn probe_disk(folder: &Path, write_bytes: usize) -> anyhow::Result<DiskReport> {
    let probe = DiskProbe {
        folder: folder.to_owned(),
        write_bytes: write_bytes.max(1),
        writes_max: PROBE_WRITES_MAX,
        duration_max: PROBE_TIME_MAX,
    };
    Ok(tokio::task::spawn_blocking(move || probe.run()).await??)
}
