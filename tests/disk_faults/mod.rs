//! Power cuts, full disks and failing syncs for a real process under test.
//!
//! A system test attaches a [`Disk`] to a folder, starts the process with [`Disk::environment`], and then
//!
//! - cuts the power: kills the process (SIGKILL) and calls [`Disk::cut_power`], which rebuilds the folder as it would
//!   be found after the machine has come up again; the process is started anew on the rebuilt folder, with a new disk;
//! - breaks the disk while the process runs: [`Disk::control`].
//!
//! The process is changed by nothing but `LD_PRELOAD`: `shim.c` says what counts as durable and what is not modelled,
//! `power_cut.rs` what may survive a cut. Durability is judged as POSIX words it, not as a friendly file system grants
//! it: a new name survives only an `fsync` of its directory, and so does the name of that directory in its parent.
//!
//! Where there is no C compiler, [`DiskFaults::compile`] says so and the caller skips its test.

mod chance;
mod durable_state;
mod entries_log;
mod power_cut;
mod self_test;
mod surviving_names;

pub use power_cut::{PowerCut, Survivors};

use durable_state::Folder;
use std::fmt::{Display, Formatter};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The compiled shim, ready to be preloaded into any number of processes.
pub struct DiskFaults {
    library: PathBuf,
}

/// Why the shim could not be compiled.
#[derive(Debug)]
pub enum CompileError {
    /// This machine cannot run the shim: no `cc` on the path, or no Linux. Tests should print SKIPPED.
    NoCompiler,
    /// `cc` refused the shim; the text is what it printed. A fault of ours.
    Refused(String),
}

impl DiskFaults {
    /// Compiles the shim with `cc` into the given folder, whose path must hold no space or colon (`LD_PRELOAD`).
    pub fn compile(directory: &Path) -> Result<Self, CompileError> {
        if !cfg!(all(
            target_os = "linux",
            target_env = "gnu",
            target_pointer_width = "64"
        )) {
            return Err(CompileError::NoCompiler);
        }
        let library = directory.join("disk_faults.so");
        let sources = [
            ("shim.c", include_str!("shim.c")),
            ("shim_ranges.h", include_str!("shim_ranges.h")),
            ("shim_durability.h", include_str!("shim_durability.h")),
        ];
        let refused = |error: io::Error| CompileError::Refused(error.to_string());
        for (name, source) in sources {
            fs::write(directory.join(name), source).map_err(refused)?;
        }
        let output = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-o"])
            .args([&library, &directory.join("shim.c")])
            .args(["-ldl", "-lpthread"])
            .output()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => CompileError::NoCompiler,
                _ => CompileError::Refused(error.to_string()),
            })?;
        if !output.status.success() {
            return Err(CompileError::Refused(
                String::from_utf8_lossy(&output.stderr).into_owned(),
            ));
        }
        Ok(Self { library })
    }

    /// Puts a disk under `root`: what the folder holds now is durable from the start, and is copied for that.
    ///
    /// Both folders are created where missing; `shadow` must be empty and must not lie inside `root`. One process at a
    /// time may use a disk; after a crash without a power cut, the next one may go on with it.
    ///
    /// # Errors
    /// Fails where the file system tells no birth times, because files could not be told apart then.
    pub fn attach(&self, root: &Path, shadow: &Path) -> io::Result<Disk> {
        fs::create_dir_all(root)?;
        fs::create_dir_all(shadow)?;
        let disk = Disk {
            library: self.library.clone(),
            root: root.canonicalize()?,
            shadow: shadow.canonicalize()?,
            sync_latency: Duration::ZERO,
        };
        if disk.shadow.starts_with(&disk.root) || fs::read_dir(&disk.shadow)?.next().is_some() {
            return Err(io::Error::other(
                "the shadow must be an empty folder outside the root",
            ));
        }
        fs::write(disk.control_file(), [0; CONTROL_BYTES])?;
        disk.control(Control::Ok)?;
        Folder::working(&disk.root)?.make_durable(&disk.shadow)?;
        Ok(disk)
    }
}

/// A folder on a disk that can lose power, run full and fail.
pub struct Disk {
    library: PathBuf,
    root: PathBuf,
    shadow: PathBuf,
    sync_latency: Duration,
}

/// What the disk does from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Everything works.
    Ok,
    /// Every write fails with ENOSPC.
    Full,
    /// This many more bytes can be written; the write that crosses the border is short, the next fails with ENOSPC.
    FullAfter { bytes: u64 },
    /// Every sync fails with EIO, and what it should have written is lost unless it is written again.
    SyncFails,
    /// Every read fails with EIO.
    ReadsFail,
}

const CONTROL_BYTES: usize = 64;

impl Disk {
    /// Makes each sync take this long (microsecond steps) before anything becomes durable.
    ///
    /// A process that replies before its commit is durable is hardly ever caught while syncs take no time.
    pub fn with_sync_latency(self, sync_latency: Duration) -> Self {
        Self {
            sync_latency,
            ..self
        }
    }

    /// The environment variables for the process under test.
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.display().to_string();
        [
            ("LD_PRELOAD", text(&self.library)),
            ("ACCORD_DISK_ROOT", text(&self.root)),
            ("ACCORD_DISK_SHADOW", text(&self.shadow)),
            ("ACCORD_DISK_CONTROL", text(&self.control_file())),
            (
                "ACCORD_DISK_SYNC_MICROSECONDS",
                self.sync_latency.as_micros().to_string(),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Switches a fault on or off; the next call of the running process feels it.
    pub fn control(&self, control: Control) -> io::Result<()> {
        let line = match control {
            Control::Ok => "ok".to_owned(),
            Control::Full => "full".to_owned(),
            Control::FullAfter { bytes } => format!("full-after {bytes}"),
            Control::SyncFails => "sync-fails".to_owned(),
            Control::ReadsFail => "reads-fail".to_owned(),
        };
        let mut bytes = [0; CONTROL_BYTES];
        bytes[..line.len()].copy_from_slice(line.as_bytes());
        // In place, because the process has mapped the file.
        OpenOptions::new()
            .write(true)
            .open(self.control_file())?
            .write_all_at(&bytes, 0)
    }

    /// Rebuilds in `target` the folder that would be found after a power cut. The process must be dead.
    ///
    /// `target` is created and must be empty. Disk and root stay as they are, so that several cuts, or several seeds,
    /// can be tried on one death, and a failed test can be looked into.
    ///
    /// # Errors
    /// Fails where no process has ever attached to this disk: then `LD_PRELOAD` did not work, and the folder would
    /// wrongly seem never to have changed.
    pub fn cut_power(&self, cut: PowerCut, target: &Path) -> io::Result<Survivors> {
        let durable = Folder::durable(&self.shadow, &self.root)?;
        power_cut::restore(cut, &durable, &Folder::working(&self.root)?, target)
    }

    fn control_file(&self) -> PathBuf {
        self.shadow.join("control")
    }
}

impl Display for CompileError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCompiler => write!(formatter, "no C compiler for Linux with glibc"),
            Self::Refused(output) => write!(formatter, "cc refused the disk fault shim:\n{output}"),
        }
    }
}

impl std::error::Error for CompileError {}
