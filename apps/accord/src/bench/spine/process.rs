//! The node in a process of its own, as it runs in production, so that it can be killed.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use accord_service::{ApiKey, Roles};
use anyhow::{Context, bail};
use serde::Serialize;

use super::node::INSTITUTION;

/// Longest wait for a node that starts.
const START_TIME_MAX: Duration = Duration::from_secs(600);
const LOOKED_EVERY: Duration = Duration::from_millis(2);
/// What `accord risk serve` prints right before its address.
const BEFORE_ADDRESS: &str = "serves at http://";

/// How to start the node: the binary itself and a configuration file.
#[derive(Debug)]
pub struct NodeCommand {
    configuration: PathBuf,
    said: PathBuf,
}

/// A running node, killed (SIGKILL) when this is dropped.
#[derive(Debug)]
pub struct NodeProcess {
    child: Child,
    said: PathBuf,
}

#[derive(Serialize)]
struct Configuration<'a> {
    institution: &'a str,
    listen: &'a str,
    data_directory: &'a Path,
    api_keys: [Key<'a>; 1],
}

#[derive(Serialize)]
struct Key<'a> {
    id: &'a str,
    name: &'a str,
    roles: Roles,
    sha256: &'a str,
}

impl NodeCommand {
    /// Writes the configuration of a node over `data_directory` into `folder`.
    pub fn prepare(folder: &Path, data_directory: &Path, key: &ApiKey) -> anyhow::Result<Self> {
        let configuration = Configuration {
            institution: INSTITUTION,
            listen: "127.0.0.1:0",
            data_directory,
            api_keys: [Key {
                id: &key.id,
                name: &key.name,
                roles: key.roles,
                sha256: &key.sha256_hex,
            }],
        };
        let path = folder.join("node.toml");
        fs::write(&path, toml::to_string(&configuration)?)?;
        Ok(Self {
            configuration: path,
            said: folder.join("node-said.txt"),
        })
    }

    pub fn spawn(&self) -> anyhow::Result<NodeProcess> {
        let said = File::create(&self.said)?;
        let child = Command::new(std::env::current_exe()?)
            .args(["risk", "serve", "--config"])
            .arg(&self.configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .context("the node's process does not start")?;
        Ok(NodeProcess {
            child,
            said: self.said.clone(),
        })
    }
}

impl NodeProcess {
    /// Waits until the node serves.
    pub async fn address(&mut self) -> anyhow::Result<SocketAddr> {
        let begun = Instant::now();
        loop {
            let said = fs::read_to_string(&self.said)?;
            if let Some(address) = address_in(&said) {
                return Ok(address);
            }
            if self.child.try_wait()?.is_some() || begun.elapsed() > START_TIME_MAX {
                bail!("the node does not start: {said}");
            }
            tokio::time::sleep(LOOKED_EVERY).await;
        }
    }

    /// Ends the process without giving it a chance to do anything.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        // One that is gone already cannot be killed, which is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address_in(said: &str) -> Option<SocketAddr> {
    let (_, rest) = said.split_once(BEFORE_ADDRESS)?;
    let (address, _) = rest.split_once(';')?;
    address.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_once_its_line_is_complete() {
        let line = "bench serves at http://127.0.0.1:40321; data in /tmp";
        assert_eq!(address_in(line), "127.0.0.1:40321".parse().ok());
        assert_eq!(address_in("bench serves at http://127.0.0.1:403"), None);
        assert_eq!(address_in(""), None);
    }
}
