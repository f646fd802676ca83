//! Where a node keeps what is its own: found from a data directory, or from the node's configuration file.

use std::path::{Path, PathBuf};

use accord_event_log::LogReader;
use accord_service::config::load_config;
use anyhow::{Context, bail};

use crate::{cli::NodeLocationArguments, serve::NodeConfiguration};

/// A node that is not running, or not here yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLocation {
    /// What a running process holds the lock of: the node's own folder, or the demo's.
    pub data_directory: PathBuf,
    /// The node's own folder.
    pub folder: PathBuf,
    pub institution: String,
    pub currency: String,
}

impl NodeLocation {
    /// Finds the node that is meant. A data directory without a log is a new node's, which needs a name.
    pub async fn find(arguments: &NodeLocationArguments) -> anyhow::Result<Self> {
        if let Some(path) = &arguments.config {
            let configuration: NodeConfiguration = load_config(path)?;
            return Ok(Self {
                data_directory: configuration.data_directory.clone(),
                folder: configuration.data_directory,
                institution: configuration.institution,
                currency: configuration.currency,
            });
        }
        let data_directory = arguments.data_dir.clone();
        let folder = node_folder(&data_directory, arguments.institution.as_deref())?;
        let log = folder.join("log");
        let institution = match (&arguments.institution, log.is_dir()) {
            (wanted, true) => {
                let reader = LogReader::open(&log)
                    .await
                    .with_context(|| format!("the log in {}", log.display()))?;
                let owner = reader.header().institution.clone();
                reader.close().await;
                if let Some(wanted) = wanted
                    && *wanted != owner
                {
                    bail!(
                        "the log in {} belongs to {owner}, not to {wanted}",
                        log.display()
                    );
                }
                owner
            }
            (Some(name), false) => name.clone(),
            (None, false) => bail!(
                "{} holds no log yet; say whose it will be with --institution",
                data_directory.display()
            ),
        };
        Ok(Self {
            data_directory,
            folder,
            institution,
            currency: arguments.currency.clone(),
        })
    }

    /// As [`NodeLocation::find`], of a node that has a log.
    pub async fn find_existing(arguments: &NodeLocationArguments) -> anyhow::Result<Self> {
        let location = Self::find(arguments).await?;
        if !location.folder.join("log").is_dir() {
            bail!("{} holds no log", location.folder.display());
        }
        Ok(location)
    }
}

/// A node's own data directory, or one bank's folder in a demo's.
fn node_folder(data_directory: &Path, institution: Option<&str>) -> anyhow::Result<PathBuf> {
    let banks = data_directory.join("banks");
    if data_directory.join("log").is_dir() || !banks.is_dir() {
        return Ok(data_directory.to_owned());
    }
    let mut names: Vec<String> = std::fs::read_dir(&banks)?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    match institution {
        Some(name) if names.iter().any(|known| known == name) => Ok(banks.join(name)),
        Some(name) => bail!("there is no {name} here, only {}", names.join(", ")),
        None => bail!(
            "several institutions are here; say which with --institution: {}",
            names.join(", ")
        ),
    }
}
