//! How a process ends on signals. The test starts itself again as the process to be ended.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use accord_service::Shutdown;

/// Set for the process that is to be ended; its value is what that process does when it is asked.
const ROLE: &str = "ACCORD_SIGNALS_TEST_ROLE";

fn main() {
    match std::env::var(ROLE).ok().as_deref() {
        Some(role) => wait_for_the_end(role),
        None => {
            for signal in ["TERM", "INT"] {
                the_first_signal_begins_the_shutdown(signal);
            }
            the_second_signal_ends_the_process_at_once("TERM", 143);
            the_second_signal_ends_the_process_at_once("INT", 130);
            println!("signals: ok");
        }
    }
}

fn the_first_signal_begins_the_shutdown(signal: &str) {
    let mut process = Process::start("orderly");
    process.send(signal);
    process.expect_line("begun");
    assert!(process.end().success(), "SIG{signal}");
}

fn the_second_signal_ends_the_process_at_once(signal: &str, code: i32) {
    let mut process = Process::start("stubborn");
    process.send(signal);
    process.expect_line("begun");
    process.send(signal);
    assert_eq!(process.end().code(), Some(code), "SIG{signal}");
}

/// The process to be ended: says when it is ready and when the shutdown has begun.
#[tokio::main(flavor = "current_thread")]
async fn wait_for_the_end(role: &str) {
    let shutdown = Shutdown::on_signals(Duration::from_secs(600)).unwrap();
    println!("ready");
    shutdown.begun().await;
    println!("begun");
    if role == "stubborn" {
        std::future::pending::<()>().await;
    }
}

struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Process {
    fn start(role: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(ROLE, role)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut process = Self { child, lines };
        process.expect_line("ready");
        process
    }

    fn expect_line(&mut self, expected: &str) {
        let line = self
            .lines
            .next()
            .expect("the process ended too early")
            .unwrap();
        assert_eq!(line, expected);
    }

    fn send(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", signal, &id])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    fn end(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}
