//! How fast a read model is rebuilt from the log.

use std::time::Instant;

use anyhow::Context;
use serde::Serialize;

use super::node::ServedNode;

/// The read model with a row for every transaction.
const NAME: &str = "transactions";

/// A rebuild without any load beside it.
#[derive(Debug, Serialize)]
pub struct Rebuild {
    pub read_model: &'static str,
    pub events: u64,
    pub seconds: f64,
    pub events_per_second: f64,
}

pub async fn measure(served: &ServedNode) -> anyhow::Result<Rebuild> {
    let begun = Instant::now();
    let rebuilt = served.node.rebuild(NAME).await;
    let through = rebuilt.with_context(|| format!("there is no read model {NAME}"))??;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Rebuild {
        read_model: NAME,
        events: through.0,
        seconds,
        events_per_second: through.0 as f64 / seconds,
    })
}
