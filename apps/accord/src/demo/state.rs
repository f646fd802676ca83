//! What the demo remembers of itself beside the banks' own data.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use chrono::{Days, NaiveTime, Utc};
use risk_control_simulator::{Network, SimulationSettings, demonstration_banks};
use serde::{Deserialize, Serialize};

/// Simulated days before the live traffic begins.
pub const HISTORY_DAYS: u32 = 45;
/// Hour of the simulated day at which the live traffic begins: people are awake.
const LIVE_FROM_HOUR: u32 = 9;
const FILE: &str = "demo.json";
/// In a bank's folder once its history is loaded and its first model decides.
const READY_FILE: &str = "ready";

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
        state.discard_unfinished_banks()?;
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

    pub fn bank_folder(&self, name: &str) -> PathBuf {
        self.folder.join("banks").join(name)
    }

    /// Banks whose history is loaded.
    pub fn ready_banks(&self, folder: &Path) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        let banks = folder.join("banks");
        if !banks.is_dir() {
            return Ok(names);
        }
        for entry in std::fs::read_dir(&banks)? {
            let entry = entry?;
            if entry.path().join(READY_FILE).exists() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        Ok(names)
    }

    pub fn is_ready(&self, name: &str) -> bool {
        self.bank_folder(name).join(READY_FILE).exists()
    }

    pub fn mark_ready(&self, name: &str) -> anyhow::Result<()> {
        write_durably(&self.bank_folder(name).join(READY_FILE), b"")
    }

    /// A bank whose history was cut short has decided nothing yet: it begins anew.
    fn discard_unfinished_banks(&self) -> anyhow::Result<()> {
        let banks = self.folder.join("banks");
        if !banks.is_dir() {
            return Ok(());
        }
        for entry in std::fs::read_dir(&banks)? {
            let path = entry?.path();
            if !path.join(READY_FILE).exists() {
                std::fs::remove_dir_all(&path)
                    .with_context(|| format!("removing the unfinished {}", path.display()))?;
            }
        }
        Ok(())
    }
}

/// Writes a small file so that it is there, whole, after a power cut.
fn write_durably(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
