//! A coordinator and four institutions as processes of their own, killed (SIGKILL) at every phase and started again.
//!
//! The job ends with the model that the same rows lead to in one place, each sum over those who took part in it, or with
//! a recorded reason; never with a wrong sum. The test starts its own binary for each role.

#[path = "../training/bank.rs"]
mod bank;
mod roles;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use accord_federation::Transcript;
use accord_federation::codec::Wire;
use accord_federation_node::client::{Client, ServerAddress};
use accord_federation_node::task::{GbdtOrder, JobOrder, TaskOrder};
use axum::http::Method;
use bank::{Bank, HELD_OUT_DAYS, pooled_course};
use bytes::Bytes;
use serde_json::Value;

const PARTIES: usize = 4;
const JOB: &str = "trees";
const WAIT_MAX: Duration = Duration::from_secs(180);

/// Who dies in which phase.
const KILLS: [(Victim, &str); 10] = [
    (Victim::Coordinator, "keys"),
    (Victim::Bank(1), "shares"),
    (Victim::Coordinator, "verdicts"),
    (Victim::Coordinator, "masked answers"),
    (Victim::Bank(2), "masked answers"),
    (Victim::Coordinator, "agreement"),
    (Victim::Bank(3), "agreement"),
    (Victim::Coordinator, "unmasking"),
    (Victim::Bank(0), "unmasking"),
    (Victim::Coordinator, "between sums"),
];

#[derive(Clone, Copy, Debug)]
enum Victim {
    Coordinator,
    Bank(usize),
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).map(String::as_str) == Some("--role") {
        return roles::play(&arguments[2..]).await;
    }
    // As test harnesses do, so that listing and filtering tests works.
    if arguments.iter().any(|argument| argument == "--list") {
        println!("processes_that_are_killed_never_make_a_wrong_sum: test");
        return;
    }
    processes_that_are_killed_never_make_a_wrong_sum().await;
    println!("processes_that_are_killed_never_make_a_wrong_sum ... ok");
}

async fn processes_that_are_killed_never_make_a_wrong_sum() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::start(folder.path());
    world.order().await;
    for (victim, phase) in KILLS {
        match world.until_phase(phase).await {
            Some(seen) => {
                println!("{victim:?} dies while others see `{seen}`");
                world.kill_and_restart(victim);
            }
            None => break,
        }
    }
    let job = world.until_ended().await;
    let status = &job["status"];
    if status["name"] == "aborted" {
        let reason = status["reason"].as_str().unwrap_or_default();
        assert!(!reason.is_empty(), "aborted without a reason: {job}");
        println!("aborted: {reason}");
        return;
    }
    assert_eq!(status["name"], "finished", "{job}");
    let transcript = world.get(&format!("/v1/jobs/{JOB}/transcript")).await;
    let transcript = Transcript::from_bytes(&transcript.expect("kept")).expect("a transcript");
    let findings = transcript.verify().expect("the transcript holds");
    println!("{findings:?}");
    let banks: Vec<Arc<Bank>> = (0..PARTIES).map(Bank::of_place).collect();
    let expected = pooled_course(&banks, &transcript);
    assert_eq!(status["result"], expected.as_str());
    for place in 0..PARTIES {
        assert_eq!(world.until_received(place).await, expected, "bank {place}");
    }
}

struct World {
    folder: PathBuf,
    address: SocketAddr,
    coordinator: Child,
    banks: Vec<Child>,
}

impl World {
    fn start(folder: &Path) -> Self {
        // The port is free again at once; a stranger would have to be quick.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        roles::make_keys(folder, PARTIES);
        Self {
            coordinator: spawn(folder, address, "coordinator"),
            banks: (0..PARTIES)
                .map(|place| spawn(folder, address, &place.to_string()))
                .collect(),
            folder: folder.to_owned(),
            address,
        }
    }

    fn kill_and_restart(&mut self, victim: Victim) {
        let (child, role) = match victim {
            Victim::Coordinator => (&mut self.coordinator, "coordinator".to_owned()),
            Victim::Bank(place) => (&mut self.banks[place], place.to_string()),
        };
        child.kill().unwrap();
        child.wait().unwrap();
        *child = spawn(&self.folder, self.address, &role);
    }

    async fn order(&self) {
        let order = JobOrder {
            job: JOB.to_owned(),
            institutions: None,
            colluders: None,
            rows_max: 100_000,
            keys_per_batch: 6,
            task: TaskOrder::Gbdt(GbdtOrder {
                feature_set: "test".to_owned(),
                held_out_days: HELD_OUT_DAYS,
                trees: 12,
                depth: 2,
                bins: 16,
                ..GbdtOrder::default()
            }),
        };
        let body = serde_json::to_vec(&order).unwrap();
        let begun = Instant::now();
        while self.send(Method::POST, "/v1/jobs", &body).await.is_none() {
            assert!(begun.elapsed() < WAIT_MAX, "the coordinator does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the job is in a phase, but not for ever: a phase may pass between two looks, and then another one is
    /// as good. `None` once the job has ended.
    async fn until_phase(&self, phase: &str) -> Option<String> {
        let begun = Instant::now();
        loop {
            if let Some(job) = self.job().await {
                if !job["ended_at_us"].is_null() {
                    return None;
                }
                let seen = job["phase"]["name"].as_str().unwrap_or_default();
                if seen == phase || begun.elapsed() > Duration::from_secs(3) && !seen.is_empty() {
                    return Some(seen.to_owned());
                }
            }
            assert!(begun.elapsed() < WAIT_MAX, "the job does not begin");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn until_ended(&self) -> Value {
        let begun = Instant::now();
        loop {
            let job = self.job().await;
            match job {
                Some(job) if !job["ended_at_us"].is_null() => return job,
                job => assert!(begun.elapsed() < WAIT_MAX, "it does not end: {job:?}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn until_received(&self, place: usize) -> String {
        let path = roles::received(&self.folder, place);
        let begun = Instant::now();
        loop {
            if let Ok(hash) = std::fs::read_to_string(&path)
                && !hash.is_empty()
            {
                return hash;
            }
            assert!(begun.elapsed() < WAIT_MAX, "bank {place} gets no result");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn job(&self) -> Option<Value> {
        let body = self.get(&format!("/v1/jobs/{JOB}")).await?;
        serde_json::from_slice(&body).ok()
    }

    async fn get(&self, path: &str) -> Option<Bytes> {
        self.send(Method::GET, path, b"").await
    }

    /// `None` while the coordinator is dead or refuses.
    async fn send(&self, method: Method, path: &str, body: &[u8]) -> Option<Bytes> {
        let address = format!("http://{}/coordinator", self.address);
        let mut client = Client::new(ServerAddress::parse(&address).unwrap());
        let headers = [("content-type", "application/json")];
        let body = Bytes::copy_from_slice(body);
        let sent = client.send(method, path, &headers, body, Duration::from_secs(10));
        let answer = sent.await.ok()?;
        answer.status.is_success().then_some(answer.body)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in self.banks.iter_mut().chain([&mut self.coordinator]) {
            // It may be dead already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spawn(folder: &Path, address: SocketAddr, role: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--role", role])
        .arg(folder)
        .arg(address.to_string())
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}
