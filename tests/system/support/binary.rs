//! Processes of the real binary.

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use super::eventually;

/// The binary, with nothing of the surroundings in its environment that it would listen to.
pub fn accord() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accord"));
    for name in ["ACCORD_ACCESS_KEY", "ACCORD_LOG"] {
        command.env_remove(name);
    }
    command
}

/// Runs the binary to its end.
pub fn run(arguments: &[&str]) -> Output {
    accord()
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

/// A server in a process of its own, killed when the test is over.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    said: PathBuf,
}

impl ServerProcess {
    /// Starts the binary; what it prints goes to the file `said`.
    pub fn spawn(mut command: Command, said: &Path) -> Self {
        let output = File::create(said).expect("a writable folder");
        let errors = output.try_clone().expect("a second handle");
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .expect("the binary starts");
        Self {
            child,
            said: said.to_owned(),
        }
    }

    /// Everything that the process has printed.
    pub fn said(&self) -> String {
        let bytes = std::fs::read(&self.said).expect("the process's output");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until the process has printed `before` and an address right behind it.
    ///
    /// # Panics
    /// If the process ends before.
    pub fn address_after(&mut self, before: &str) -> SocketAddr {
        let what = format!("a server that prints {before:?}");
        eventually(&what, || {
            let said = self.said();
            let address = said.split_once(before).and_then(|(_, rest)| {
                let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'))?;
                rest[..end].parse().ok()
            });
            if address.is_none() {
                let ended = self.child.try_wait().expect("a child of this test");
                assert!(ended.is_none(), "{}: {said}", ended.unwrap_or_default());
            }
            address
        })
    }

    /// Ends the process as a power switch would: at once.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks the process to stop and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), Signal::TERM).expect("a running process");
        self.ended()
    }

    /// Waits until the process ends by itself.
    pub fn ended(&mut self) -> ExitStatus {
        eventually("the end of the process", || {
            self.child.try_wait().expect("a child of this test")
        })
    }

    fn end(&mut self) {
        // It may have ended by itself, or been waited for already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.end();
    }
}
