//! The main run: how many durable decisions a second, and where the time of one goes.

use std::time::Duration;

use accord_bench::load::{ClosedLoop, LoadReport};
use serde::Serialize;

use super::{
    cost::{Cost, Spent},
    lag::Lag,
    log_figures::{LogCounts, LogFigures},
    node::ServedNode,
    purchases::{Buyers, CUSTOMERS, Purchases},
    storage::StorageMax,
    watch::Watch,
};

/// Time in which the first decision for every customer must be there.
const NEW_CUSTOMERS_TIME_MAX: Duration = Duration::from_secs(120);

/// What the main run found.
#[derive(Debug, Serialize)]
pub struct Decisions {
    pub load: LoadReport,
    pub log: LogFigures,
    pub cost: Cost,
    pub lag: Lag,
    /// From the end of the load until the read models held everything.
    pub catch_up_seconds: f64,
    pub storage: StorageMax,
}

/// The first decision for every customer, which makes the customer's key and stores it durably.
pub async fn new_customers(served: &ServedNode, connections: usize) -> anyhow::Result<LoadReport> {
    let closed = ClosedLoop {
        warm_up: Duration::ZERO,
        requests_max: u64::from(CUSTOMERS),
        ..ClosedLoop::new(connections, NEW_CUSTOMERS_TIME_MAX)
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
    let bus = served.node.bus();
    let watch = Watch::begin(served, closed.warm_up);
    let counts = LogCounts::of(bus.counters());
    let spent = Spent::now(bus.stages())?;
    let load = closed.run(served.target.address, purchases).await?;
    let (lag, mut storage) = watch.end().await?;
    let catch_up = served.projected().await;
    // Projecting is part of a decision's cost, so the cost is read when all of it is done.
    let log = LogCounts::of(bus.counters()).since(&counts);
    let cost = Spent::now(bus.stages())?.since(&spent, log.events);
    storage.end = served.sealed().await?;
    Ok(Decisions {
        load,
        log,
        cost,
        lag,
        catch_up_seconds: catch_up.as_secs_f64(),
        storage,
    })
}
