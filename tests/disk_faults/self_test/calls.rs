//! Every call of the C library that changes a file is seen: its effect is durable after a sync, and not before.

use super::{Machine, PowerCut};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const BEFORE: &str = "before before before";

const CALLS: [&str; 21] = [
    "write",
    "append",
    "writev",
    "pwrite",
    "pwrite-append",
    "pwritev",
    "pwritev2",
    "pwritev2-here",
    "sendfile",
    "copy_file_range",
    "copy_file_range-at",
    "splice",
    "splice-at",
    "fallocate",
    "posix_fallocate",
    "ftruncate",
    "truncate",
    "open",
    "openat",
    "creat",
    "mmap",
];

#[test]
fn no_change_is_durable_before_a_sync() {
    let Some(program) = Calls::compile() else {
        return;
    };
    for call in CALLS {
        program.check(call, "none", false);
        program.check(call, "sync_file_range", false);
    }
}

#[test]
fn every_change_is_durable_after_fsync_and_fdatasync() {
    let Some(program) = Calls::compile() else {
        return;
    };
    for call in CALLS {
        program.check(call, "fsync", true);
        program.check(call, "fdatasync", true);
    }
}

#[test]
fn synchronous_descriptors_writes_and_mappings_are_durable_at_once() {
    let Some(program) = Calls::compile() else {
        return;
    };
    for call in ["write", "writev", "pwrite", "pwritev"] {
        program.check(call, "O_DSYNC", true);
        program.check(call, "O_SYNC", true);
    }
    program.check("pwritev2", "RWF_DSYNC", true);
    program.check("mmap", "msync", true);
    program.check("mmap", "msync-async", false);
}

/// A C program that changes one file by one call.
struct Calls {
    machine: Machine,
    executable: PathBuf,
}

impl Calls {
    fn compile() -> Option<Self> {
        let machine = Machine::assemble()?;
        let executable = machine.scratch.path().join("calls");
        let source = machine.scratch.path().join("calls.c");
        fs::write(&source, include_str!("calls.c")).expect("a writable folder");
        run(Command::new("cc").arg("-o").args([&executable, &source]));
        Some(Self {
            machine,
            executable,
        })
    }

    fn check(&self, call: &str, sync: &str, durable: bool) {
        let scratch =
            tempfile::TempDir::new_in(self.machine.scratch.path()).expect("a temporary folder");
        let [root, shadow, found] =
            ["root", "shadow", "found"].map(|name| scratch.path().join(name));
        fs::create_dir(&root).expect("a writable folder");
        let file = root.join("file");
        fs::write(&file, BEFORE).expect("a writable folder");
        let disk = self
            .machine
            .faults
            .attach(&root, &shadow)
            .expect("an attached disk");
        run(Command::new(&self.executable)
            .args([call, sync])
            .arg(&file)
            .envs(disk.environment()));
        disk.cut_power(PowerCut::Strict, &found)
            .expect("a restored folder");

        let text = |path: &Path| fs::read_to_string(path).expect("a readable file");
        let (working, found) = (text(&file), text(&found.join("file")));
        assert_ne!(working, BEFORE, "{call} changes the file");
        assert_eq!(
            found,
            if durable { &working } else { BEFORE },
            "{call}, then {sync}"
        );
    }
}

fn run(command: &mut Command) {
    let output = command.output().expect("an executable");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
