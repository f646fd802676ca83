//! What people see of jobs: a fold over the log, kept in memory.

mod job_view;

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use accord_event_log::{Recorded, Sequence};
use accord_federation::plan::Institution;
use tokio::sync::watch;

pub use job_view::{
    DropOut, InstitutionProgress, InstitutionState, JobStatus, JobView, PhaseView, PrivacyView,
    StatusName,
};

use super::log::Event;

/// All jobs, and who was heard of lately.
pub(crate) struct JobBook {
    jobs: RwLock<Jobs>,
    /// By place in the coordinator's roster.
    heard: RwLock<Vec<Option<Instant>>>,
    names: Vec<String>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Jobs {
    by_name: BTreeMap<String, JobView>,
    /// In the order in which they were proposed.
    order: Vec<String>,
}

impl JobBook {
    pub fn new(roster: &[Institution]) -> Self {
        Self {
            jobs: RwLock::default(),
            heard: RwLock::new(vec![None; roster.len()]),
            names: roster.iter().map(|one| one.name.clone()).collect(),
            changed: watch::Sender::new(0),
        }
    }

    /// Takes an event that is durable.
    pub fn fold(&self, recorded: &Recorded<Event>) {
        let at_us = recorded.metadata.recorded_at_us;
        let mut jobs = self.jobs.write().unwrap_or_else(PoisonError::into_inner);
        if let Event::JobProposed(proposed) = &recorded.event {
            jobs.order.push(proposed.job.clone());
            let view = JobView::proposed(proposed, at_us, recorded.metadata.sequence.0);
            jobs.by_name.insert(proposed.job.clone(), view);
        } else if let Some(view) = jobs.by_name.get_mut(recorded.event.job()) {
            view.fold(&recorded.event, at_us);
        }
        drop(jobs);
        self.changed.send_modify(|version| *version += 1);
    }

    /// Newest first.
    pub fn jobs(&self) -> Vec<JobView> {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        let newest_first = jobs.order.iter().rev();
        newest_first
            .filter_map(|name| jobs.by_name.get(name).cloned())
            .collect()
    }

    /// The name of the job that was proposed last.
    pub fn newest(&self) -> Option<String> {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        jobs.order.last().cloned()
    }

    pub fn job(&self, name: &str) -> Option<JobView> {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        jobs.by_name.get(name).cloned()
    }

    /// Where the log begins to tell of a job.
    pub fn first_of(&self, job: &str) -> Sequence {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        let view = jobs.by_name.get(job);
        view.map_or(Sequence::ZERO, |view| Sequence(view.proposed_at))
    }

    /// Changes whenever something is to be seen.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// An institution was sent something. Counted since the start only: it is no fact of the job.
    pub fn sent(&self, job: &str, institution: &str, bytes: u64) {
        let mut jobs = self.jobs.write().unwrap_or_else(PoisonError::into_inner);
        let view = jobs.by_name.get_mut(job);
        let progress = view.and_then(|view| {
            let mut all = view.institutions.iter_mut();
            all.find(|one| one.name == institution)
        });
        if let Some(progress) = progress {
            progress.bytes_down += bytes;
        }
    }

    /// An institution has asked or said something.
    pub fn hear(&self, place: usize) {
        let mut heard = self.heard.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = heard.get_mut(place) {
            *slot = Some(Instant::now());
        }
    }

    /// Whether an institution was heard of within a while.
    pub fn is_present(&self, institution: &str, within: Duration) -> bool {
        let heard = self.heard.read().unwrap_or_else(PoisonError::into_inner);
        let place = self.names.iter().position(|name| name == institution);
        place
            .and_then(|place| heard[place])
            .is_some_and(|at| at.elapsed() <= within)
    }

    /// Seconds since each institution of the roster was heard of; `None`: not since the start.
    pub fn roster(&self) -> Vec<(String, Option<f64>)> {
        let heard = self.heard.read().unwrap_or_else(PoisonError::into_inner);
        let names = self.names.iter().cloned();
        let ages = heard
            .iter()
            .map(|at| at.map(|at| at.elapsed().as_secs_f64()));
        names.zip(ages).collect()
    }
}
