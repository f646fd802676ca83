//! One bank's node: a process of the real binary on a data directory of its own.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::LazyLock,
};

use accord_service::{Role, api_key::KeyHash};
use tempfile::TempDir;

use super::{
    Answer, Caller, Purchase,
    binary::{ServerProcess, accord},
    folder::FolderImage,
};

/// The institution of every test bank, unless a test says otherwise.
pub const INSTITUTION: &str = "north";

/// A folder in which the starter model is trained already, which takes seconds.
static PREPARED: LazyLock<FolderImage> = LazyLock::new(|| {
    let mut bank = TestBank::on_empty_folder();
    bank.launch();
    bank.stop();
    FolderImage::of(&bank.folder()).expect("a readable folder")
});

/// A bank with one API key for each role. Everything of it is deleted when the test is over.
#[derive(Debug)]
pub struct TestBank {
    scratch: TempDir,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    process: Option<(ServerProcess, SocketAddr)>,
}

impl TestBank {
    /// A bank that decides.
    pub fn start() -> Self {
        let mut bank = Self::prepared();
        bank.launch();
        bank
    }

    /// A bank that has decided nothing yet and is not running.
    pub fn prepared() -> Self {
        let bank = Self::on_empty_folder();
        PREPARED.write_to(&bank.folder).expect("a writable folder");
        bank
    }

    /// A bank that was never started.
    pub fn on_empty_folder() -> Self {
        let scratch = TempDir::new().expect("a temporary folder");
        let folder = scratch.path().join("data");
        let bank = Self {
            scratch,
            folder,
            environment: Vec::new(),
            process: None,
        };
        bank.configure("");
        bank
    }

    /// Writes the configuration, with `lines` in place of the usual ones of the same keys, or beside them.
    pub fn configure(&self, lines: &str) {
        let usual = [
            ("institution", INSTITUTION.to_owned()),
            ("listen", "127.0.0.1:0".to_owned()),
            ("data_directory", self.folder.display().to_string()),
        ];
        let mut text = String::new();
        for (key, value) in usual {
            if !lines.lines().any(|line| line.starts_with(key)) {
                text += &format!("{key} = {value:?}\n");
            }
        }
        text += &format!("{lines}\n");
        for role in Role::ALL {
            text += &format!(
                "[[api_keys]]\nid = \"{role}\"\nname = \"{role}\"\nroles = [\"{role}\"]\nsha256 = \"{}\"\n",
                KeyHash::of(&key_of(*role)).to_hex(),
                role = role.name(),
            );
        }
        fs::write(self.config(), text).expect("a writable folder");
    }

    pub fn config(&self) -> PathBuf {
        self.scratch.path().join("bank.toml")
    }

    /// The data directory.
    pub fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// A folder for whatever else the test stores.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Lets the next process run on another data directory, with these environment variables.
    pub fn move_to(&mut self, folder: PathBuf, environment: Vec<(String, String)>) {
        assert!(self.process.is_none(), "the bank is running");
        self.folder = folder;
        self.environment = environment;
        self.configure("");
    }

    /// Starts the process without waiting for it.
    pub fn spawn(&self) -> ServerProcess {
        let mut command = accord();
        command
            .args(["risk", "serve", "--config"])
            .arg(self.config())
            .envs(self.environment.iter().cloned());
        ServerProcess::spawn(command, &self.scratch.path().join("said.txt"))
    }

    /// Starts the process and waits until it serves.
    pub fn launch(&mut self) {
        let mut process = self.spawn();
        let address = process.address_after("serves at http://");
        self.process = Some((process, address));
    }

    /// Starts the process, which must end by itself; gives what it said.
    pub fn refused(&self) -> String {
        let mut process = self.spawn();
        let status = process.ended();
        assert_eq!(status.code(), Some(1), "{}", process.said());
        process.said()
    }

    /// Kills the process where it stands.
    pub fn kill(&mut self) {
        self.take_process().kill();
    }

    /// Stops the process as an operator would.
    pub fn stop(&mut self) -> ExitStatus {
        let status = self.take_process().stop();
        assert!(status.success(), "{status}");
        status
    }

    fn take_process(&mut self) -> ServerProcess {
        self.process.take().expect("the bank is running").0
    }

    /// Everything that the running process has printed.
    pub fn said(&self) -> String {
        self.process.as_ref().expect("the bank is running").0.said()
    }

    pub fn address(&self) -> SocketAddr {
        self.process.as_ref().expect("the bank is running").1
    }

    pub fn caller(&self, role: Role) -> Caller {
        Caller::with_key(self.address(), &key_of(role))
    }

    pub fn anonymous(&self) -> Caller {
        Caller::anonymous(self.address())
    }

    /// Who sends transactions.
    pub fn payments(&self) -> Caller {
        self.caller(Role::PaymentSystem)
    }

    pub fn administrator(&self) -> Caller {
        self.caller(Role::Administrator)
    }

    /// Sends a purchase as the payment system.
    pub fn assess(&self, purchase: &Purchase) -> Answer {
        purchase.request(&self.payments()).send()
    }

    /// Sends many purchases at once and gives their answers in the same order.
    pub fn assess_all(&self, purchases: &[Purchase]) -> Vec<Answer> {
        let payments = self.payments();
        std::thread::scope(|scope| {
            let sent: Vec<_> = purchases
                .iter()
                .map(|purchase| scope.spawn(|| purchase.request(&payments).send()))
                .collect();
            sent.into_iter()
                .map(|sent| sent.join().expect("a sender that does not panic"))
                .collect()
        })
    }

    /// Gives the answer to a query that sees everything up to a position.
    pub fn query(&self, path: &str, position: &str) -> Answer {
        let separator = if path.contains('?') { '&' } else { '?' };
        self.administrator()
            .get(&format!("{path}{separator}position={position}"))
            .header("Request-Timeout", "30000")
            .send()
    }

    /// Sequence of the last event in the log.
    pub fn last_sequence(&self) -> u64 {
        self.figure("log_last_sequence")
    }

    /// A figure of `/metrics` that has no labels.
    pub fn figure(&self, name: &str) -> u64 {
        let metrics = self.administrator().get("/metrics").send().expect(200);
        let value = metrics
            .text()
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in {}", metrics.text()))
    }
}

fn key_of(role: Role) -> String {
    format!("key-of-the-{}", role.name())
}
