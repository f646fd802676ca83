//! Back-tests in the background: one at a time, with progress; finished ones are files.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use accord_learning::content_hash;
use risk_control_back_test::BackTestReport;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{BackTestError, BackTestProgress, BackTestRequest};
use crate::node::BankNode;

/// Back-tests that are kept; of more, the oldest ones go.
const KEPT_MAX: usize = 200;

/// What a finished back-test says, as it is stored. Its hash is what a submission is bound to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackTestResult {
    pub draft: Option<u64>,
    /// Hash of the candidate that was tested.
    pub candidate_hash: String,
    /// Version of the policy that it was compared with.
    pub active_version: u32,
    pub report: BackTestReport,
}

impl BackTestResult {
    /// SHA-256 over everything that it says.
    pub fn hash(&self) -> String {
        content_hash(self)
    }
}

/// How far a back-test is.
#[derive(Clone, Debug)]
pub enum BackTestState {
    Running(BackTestProgress),
    Finished {
        hash: String,
        result: Arc<BackTestResult>,
    },
    Failed(String),
    Cancelled,
}

/// A back-test that was asked for.
#[derive(Clone, Debug)]
pub struct BackTestJob {
    pub id: Uuid,
    pub draft: Option<u64>,
    pub candidate_hash: String,
    pub requested_by: String,
    /// Epoch microseconds on the node's clock.
    pub requested_at_us: i64,
    pub state: BackTestState,
}

/// A finished job as a file.
#[derive(Serialize, Deserialize)]
struct StoredJob {
    id: Uuid,
    requested_by: String,
    requested_at_us: i64,
    hash: String,
    result: Arc<BackTestResult>,
}

/// All back-tests of a node. Cheap to clone.
#[derive(Clone)]
pub struct BackTestJobs {
    folder: PathBuf,
    /// By id, which is ascending in time.
    jobs: Arc<Mutex<BTreeMap<Uuid, BackTestJob>>>,
}

impl BackTestJobs {
    /// Opens the folder of finished ones. A file that cannot be read is passed over: approvals name hashes, and a
    /// hash that nobody can show is refused.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let mut jobs = BTreeMap::new();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match read_job(&path) {
                Some(job) => {
                    jobs.insert(job.id, job);
                }
                None => tracing::warn!(path = %path.display(), "a back-test cannot be read"),
            }
        }
        Ok(Self {
            folder,
            jobs: Arc::new(Mutex::new(jobs)),
        })
    }

    /// Newest first.
    pub fn list(&self) -> Vec<BackTestJob> {
        self.lock().values().rev().cloned().collect()
    }

    pub fn get(&self, id: Uuid) -> Option<BackTestJob> {
        self.lock().get(&id).cloned()
    }

    /// The finished back-test that a hash stands for.
    pub fn by_hash(&self, wanted: &str) -> Option<BackTestJob> {
        let jobs = self.lock();
        let mut newest_first = jobs.values().rev();
        newest_first
            .find(
                |job| matches!(&job.state, BackTestState::Finished { hash, .. } if hash == wanted),
            )
            .cloned()
    }

    /// Ends a running back-test early; one that has ended stays as it is.
    pub fn cancel(&self, id: Uuid) -> Result<BackTestJob, BackTestError> {
        let job = self.get(id).ok_or(BackTestError::Unknown)?;
        if let BackTestState::Running(progress) = &job.state {
            progress.cancel();
        }
        Ok(job)
    }

    /// Ends whatever runs.
    pub(crate) fn cancel_all(&self) {
        for job in self.lock().values() {
            if let BackTestState::Running(progress) = &job.state {
                progress.cancel();
            }
        }
    }

    fn begin(&self, job: BackTestJob) -> Result<(), BackTestError> {
        let mut jobs = self.lock();
        if jobs
            .values()
            .any(|job| matches!(job.state, BackTestState::Running(_)))
        {
            return Err(BackTestError::Busy);
        }
        jobs.insert(job.id, job);
        while jobs.len() > KEPT_MAX {
            if let Some((oldest, _)) = jobs.pop_first() {
                // What cannot be deleted is read again at the next start.
                let _ = fs::remove_file(self.path(oldest));
            }
        }
        Ok(())
    }

    fn end(&self, id: Uuid, state: BackTestState) {
        if let Some(job) = self.lock().get_mut(&id) {
            job.state = state;
        }
    }

    /// Stores a result; it is shown only once it is on the disk.
    fn store(&self, job: &BackTestJob, result: BackTestResult) -> io::Result<BackTestState> {
        let result = Arc::new(result);
        let stored = StoredJob {
            id: job.id,
            requested_by: job.requested_by.clone(),
            requested_at_us: job.requested_at_us,
            hash: result.hash(),
            result: Arc::clone(&result),
        };
        let path = self.path(job.id);
        let draft = path.with_extension("draft");
        let mut file = fs::File::create(&draft)?;
        io::Write::write_all(&mut file, &serde_json::to_vec(&stored)?)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        Ok(BackTestState::Finished {
            hash: stored.hash,
            result,
        })
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Uuid, BackTestJob>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file whose hash does not stand for what it says is no result.
fn read_job(path: &Path) -> Option<BackTestJob> {
    let stored: StoredJob = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (stored.result.hash() == stored.hash).then(|| BackTestJob {
        id: stored.id,
        draft: stored.result.draft,
        candidate_hash: stored.result.candidate_hash.clone(),
        requested_by: stored.requested_by,
        requested_at_us: stored.requested_at_us,
        state: BackTestState::Finished {
            hash: stored.hash,
            result: stored.result,
        },
    })
}

impl BankNode {
    /// Begins a back-test in the background.
    pub fn start_back_test(
        &self,
        person: &str,
        request: BackTestRequest,
    ) -> Result<BackTestJob, BackTestError> {
        let active = self.active_policy().ok_or(BackTestError::NoPolicy)?;
        let progress = BackTestProgress::default();
        let job = BackTestJob {
            id: Uuid::now_v7(),
            draft: request.draft,
            candidate_hash: request.candidate.hash(),
            requested_by: person.to_owned(),
            requested_at_us: self.clock().now_us(),
            state: BackTestState::Running(progress.clone()),
        };
        self.shared.back_tests.begin(job.clone())?;
        let (node, running, tokio) = (self.clone(), job.clone(), Handle::current());
        let jobs = self.shared.back_tests.clone();
        let spawned = std::thread::Builder::new()
            .name("back-test".into())
            .spawn(move || {
                let _inside = tokio.enter();
                let report = node.back_test(&request, &tokio, &progress);
                let result = report.map(|report| BackTestResult {
                    draft: request.draft,
                    candidate_hash: running.candidate_hash.clone(),
                    active_version: active.policy.version,
                    report,
                });
                let state = match result {
                    Ok(result) => jobs
                        .store(&running, result)
                        .unwrap_or_else(|error| BackTestState::Failed(error.to_string())),
                    Err(BackTestError::Cancelled) => BackTestState::Cancelled,
                    Err(error) => BackTestState::Failed(error.to_string()),
                };
                jobs.end(running.id, state);
            });
        if let Err(error) = spawned {
            let failed = BackTestState::Failed(error.to_string());
            self.shared.back_tests.end(job.id, failed);
        }
        Ok(job)
    }

    /// Back-tests of this node.
    pub fn back_tests(&self) -> &BackTestJobs {
        &self.shared.back_tests
    }
}
