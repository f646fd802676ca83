//! A program under test: this test binary again, running only `program_under_test`, in a role told by the environment.
//!
//! It answers on stdout with lines that contain `reply: `; the test harness prints its own lines beside them.

use super::{files, registers, sqlite};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const ROLE: &str = "DISK_FAULTS_ROLE";
const FOLDER: &str = "DISK_FAULTS_FOLDER";
const REPLY: &str = "reply: ";

/// In an ordinary test run there is no role, and nothing to do.
#[test]
fn program_under_test() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let folder = PathBuf::from(std::env::var(FOLDER).expect("the folder to work in"));
    match role.as_str() {
        "files" => files::run(&folder),
        "registers" => registers::run(&folder),
        role if role.starts_with("sqlite") => sqlite::run(role, &folder),
        unknown => panic!("no such role: {unknown}"),
    }
}

/// Tells the test something; after this returns, the test will hear it even if the program is killed.
pub fn reply(text: &str) {
    println!("{REPLY}{text}");
}

pub struct Program {
    process: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Program {
    pub fn start(role: &str, folder: &Path, environment: Vec<(String, String)>) -> Self {
        let (_crate_name, module) = module_path!()
            .split_once("::")
            .expect("a module of a test binary");
        let mut process = Command::new(std::env::current_exe().expect("the test binary"))
            .args([
                &format!("{module}::program_under_test"),
                "--exact",
                "--nocapture",
            ])
            .envs(environment)
            .envs([(ROLE, role.as_ref()), (FOLDER, folder.as_os_str())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test binary starts");
        let requests = process.stdin.take().expect("stdin is piped");
        let replies = BufReader::new(process.stdout.take().expect("stdout is piped"));
        Self {
            process,
            requests,
            replies,
        }
    }

    pub fn next_reply(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.replies.read_line(&mut line).expect("readable replies") > 0 {
            if let Some((_, reply)) = line.split_once(REPLY) {
                return Some(reply.trim_end().to_owned());
            }
            line.clear();
        }
        None
    }

    pub fn ask(&mut self, request: &str) -> String {
        writeln!(self.requests, "{request}").expect("the program listens");
        self.next_reply()
            .unwrap_or_else(|| panic!("the program died of `{request}`"))
    }

    /// Makes each of the requests, separated by semicolons, and expects it to succeed.
    pub fn run(&mut self, requests: &str) {
        for request in requests.split(';') {
            assert_eq!(self.ask(request.trim()), "ok", "{request}");
        }
    }

    /// SIGKILL. Returns what the program had still replied.
    pub fn kill(mut self) -> Vec<String> {
        self.process.kill().expect("the program can be killed");
        self.process.wait().expect("the program is dead");
        std::iter::from_fn(|| self.next_reply()).collect()
    }

    /// Listens to so many replies, and kills so long after the last; returns all replies ever made.
    pub fn kill_after(mut self, replies: usize, then: Duration) -> Vec<String> {
        let mut heard: Vec<String> = Vec::new();
        while heard.len() < replies {
            heard.push(
                self.next_reply()
                    .expect("the program goes on until it is killed"),
            );
        }
        std::thread::sleep(then);
        heard.extend(self.kill());
        heard
    }
}
