//! The disk faults are themselves tested: that they take away what was not synced, and nothing else.
//!
//! A [`Machine`] is a folder on a faulty disk; its programs are this very test binary, started again (see
//! `program.rs`), or small C programs.

mod calls;
mod control;
mod files;
mod program;
mod registers;
mod sqlite;

use super::{CompileError, Disk, DiskFaults, PowerCut, Survivors};
use program::Program;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;

/// A folder on a faulty disk, through any number of power cuts.
struct Machine {
    scratch: TempDir,
    faults: DiskFaults,
    disk: Disk,
    power_cuts: usize,
}

impl Machine {
    /// Nothing where there is no C compiler: the test then prints SKIPPED and returns.
    fn assemble() -> Option<Self> {
        // Compiled once for all tests; each keeps a copy, so that nothing is left behind when they end.
        static LIBRARY: LazyLock<Option<Vec<u8>>> = LazyLock::new(compile);
        let Some(library) = &*LIBRARY else {
            println!("SKIPPED: {}", CompileError::NoCompiler);
            return None;
        };
        let scratch = TempDir::new().expect("a temporary folder");
        let faults = DiskFaults {
            library: scratch.path().join("disk_faults.so"),
        };
        fs::write(&faults.library, library).expect("a writable folder");
        let disk = attach(&faults, scratch.path(), 0);
        Some(Self {
            scratch,
            faults,
            disk,
            power_cuts: 0,
        })
    }

    fn with_sync_latency(mut self, latency: Duration) -> Self {
        self.disk = self.disk.with_sync_latency(latency);
        self
    }

    fn folder(&self) -> PathBuf {
        self.scratch
            .path()
            .join(format!("disk-{}", self.power_cuts))
    }

    fn start(&self, role: &str) -> Program {
        Program::start(role, &self.folder(), self.disk.environment())
    }

    /// What would be found if the power were cut now; the machine goes on.
    fn found_after(&self, cut: PowerCut) -> BTreeMap<String, String> {
        let target = TempDir::new_in(self.scratch.path()).expect("a temporary folder");
        self.disk
            .cut_power(cut, target.path())
            .expect("a restored folder");
        contents(target.path())
    }

    /// Cuts the power; afterwards the machine has what was found, on a new disk.
    fn cut_power(&mut self, cut: PowerCut) -> Survivors {
        self.power_cuts += 1;
        let survivors = self
            .disk
            .cut_power(cut, &self.folder())
            .expect("a restored folder");
        let latency = self.disk.sync_latency;
        self.disk =
            attach(&self.faults, self.scratch.path(), self.power_cuts).with_sync_latency(latency);
        survivors
    }
}

fn compile() -> Option<Vec<u8>> {
    let folder = TempDir::new().expect("a temporary folder");
    match DiskFaults::compile(folder.path()) {
        Ok(faults) => Some(fs::read(faults.library).expect("the compiled shim")),
        Err(CompileError::NoCompiler) => None,
        Err(refused) => panic!("{refused}"),
    }
}

fn attach(faults: &DiskFaults, scratch: &Path, number: usize) -> Disk {
    let root = scratch.join(format!("disk-{number}"));
    faults
        .attach(&root, &scratch.join(format!("shadow-{number}")))
        .expect("an attached disk")
}

/// All files under a folder, by path, zeros shown as `_`; directories end with a slash and hold nothing.
fn contents(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for found in fs::read_dir(folder).expect("a readable folder") {
        let found = found.expect("a readable folder");
        let name = found
            .file_name()
            .into_string()
            .expect("tests use ASCII names");
        if found.path().is_dir() {
            let within = contents(&found.path())
                .into_iter()
                .map(|(path, text)| (format!("{name}/{path}"), text));
            all.extend(within);
            all.insert(format!("{name}/"), String::new());
        } else {
            let bytes = fs::read(found.path()).expect("a readable file");
            all.insert(name, String::from_utf8_lossy(&bytes).replace('\0', "_"));
        }
    }
    all
}
