//! What the demo remembers of itself beside the banks' own data.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{Days, NaiveTime, Utc};
use recommendation_simulator::{Market, MarketSettings};
use risk_control_simulator::{Network, SimulationSettings, demonstration_banks};
use serde::{Deserialize, Serialize};

use crate::durable_file::write_durably;

/// Simulated days before the live traffic begins.
pub const HISTORY_DAYS: u32 = 45;
/// Hour of the simulated day at which the live traffic begins: people are awake.
const LIVE_FROM_HOUR: u32 = 9;
const FILE: &str = "demo.json";
/// In an institution's folder once its history is loaded and its first model is in force.
const READY_FILE: &str = "ready";
const BANKS: &str = "banks";
const MERCHANTS: &str = "merchants";

/// The simulation's settings, chosen when the data directory was new.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoState {
    pub seed: u64,
    /// First simulated midnight, epoch microseconds.
    pub starts_at_us: i64,
    /// Where the live traffic begins, epoch microseconds.
    pub live_from_us: i64,
    #[serde(skip)]
    folder: PathBuf,
}

impl DemoState {
    /// Reads the state of an existing demo, or chooses one that begins live today.
    pub fn open(folder: &Path, seed: u64) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let mut state = match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .with_context(|| format!("{} is damaged", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let state = Self::beginning_today(seed)?;
                write_durably(&path, &serde_json::to_vec_pretty(&state)?)?;
                state
            }
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        folder.clone_into(&mut state.folder);
        state.discard_unfinished()?;
        Ok(state)
    }

    fn beginning_today(seed: u64) -> anyhow::Result<Self> {
        let today = Utc::now().date_naive();
        let first = today
            .checked_sub_days(Days::new(u64::from(HISTORY_DAYS)))
            .context("the system clock is far off")?;
        let live_from = today
            .and_time(NaiveTime::from_hms_opt(LIVE_FROM_HOUR, 0, 0).context("an hour of the day")?);
        Ok(Self {
            seed,
            starts_at_us: first.and_time(NaiveTime::MIN).and_utc().timestamp_micros(),
            live_from_us: live_from.and_utc().timestamp_micros(),
            folder: PathBuf::new(),
        })
    }

    /// The simulated banks.
    pub fn network(&self) -> anyhow::Result<Network> {
        let world = SimulationSettings {
            starts_at: self.starts_at_us,
            ..SimulationSettings::handbook(self.seed)
        };
        Ok(Network::new(world, demonstration_banks())?)
    }

    /// The simulated merchants.
    pub fn market(&self) -> anyhow::Result<Market> {
        let settings = MarketSettings::demonstration(self.seed, self.starts_at_us);
        Ok(Market::new(settings)?)
    }

    pub fn bank_folder(&self, name: &str) -> PathBuf {
        self.folder.join(BANKS).join(name)
    }

    pub fn merchant_folder(&self, name: &str) -> PathBuf {
        self.folder.join(MERCHANTS).join(name)
    }

    /// Folders of the institutions whose history is loaded.
    pub fn ready_folders(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut folders = self.institution_folders()?;
        folders.retain(|folder| self.is_ready(folder));
        Ok(folders)
    }

    pub fn is_ready(&self, folder: &Path) -> bool {
        folder.join(READY_FILE).exists()
    }

    pub fn mark_ready(&self, folder: &Path) -> anyhow::Result<()> {
        write_durably(&folder.join(READY_FILE), b"")
    }

    /// An institution whose history was cut short has decided nothing yet: it begins anew.
    fn discard_unfinished(&self) -> anyhow::Result<()> {
        for folder in self.institution_folders()? {
            if !self.is_ready(&folder) {
                std::fs::remove_dir_all(&folder)
                    .with_context(|| format!("removing the unfinished {}", folder.display()))?;
            }
        }
        Ok(())
    }

    fn institution_folders(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for kind in [BANKS, MERCHANTS] {
            let kind = self.folder.join(kind);
            if kind.is_dir() {
                for entry in std::fs::read_dir(&kind)? {
                    folders.push(entry?.path());
                }
            }
        }
        Ok(folders)
    }
}
