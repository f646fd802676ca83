//! Looks at a node while it is under load.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use risk_control_node::BankNode;
use tokio::{sync::oneshot, task::JoinHandle, time::MissedTickBehavior};

use super::{
    lag::Lag,
    node::ServedNode,
    storage::{Storage, StorageMax},
};

/// How often the lag is looked at.
const LAG_EVERY: Duration = Duration::from_millis(100);
/// After how many looks at the lag the folder is looked at, too: once a second.
const STORAGE_EVERY: usize = 10;

/// A watch that goes on until it is ended.
pub struct Watch {
    stop: oneshot::Sender<()>,
    watching: JoinHandle<anyhow::Result<(Lag, StorageMax)>>,
}

impl Watch {
    /// Begins to look once the load's warm-up is over.
    pub fn begin(served: &ServedNode, warm_up: Duration) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (node, folder) = (served.node.clone(), served.folder.clone());
        let watching = tokio::spawn(async move {
            tokio::time::sleep(warm_up).await;
            watch(node, folder, stopped).await
        });
        Self { stop, watching }
    }

    pub async fn end(self) -> anyhow::Result<(Lag, StorageMax)> {
        // A watch that is over already has failed and says so below.
        let _ = self.stop.send(());
        self.watching.await?
    }
}

async fn watch(
    node: BankNode,
    folder: PathBuf,
    mut stopped: oneshot::Receiver<()>,
) -> anyhow::Result<(Lag, StorageMax)> {
    let mut lags = Vec::new();
    let mut storage = StorageMax::default();
    let mut ticks = tokio::time::interval(LAG_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            _ = ticks.tick() => {}
        }
        lags.push(node.lag());
        if lags.len() % STORAGE_EVERY == 1 {
            storage.include(look_at(&folder).await?);
        }
    }
    storage.include(look_at(&folder).await?);
    Ok((Lag::of(&lags, LAG_EVERY), storage))
}

async fn look_at(folder: &Path) -> anyhow::Result<Storage> {
    let folder = folder.to_owned();
    Ok(tokio::task::spawn_blocking(move || Storage::of(&folder)).await??)
}
