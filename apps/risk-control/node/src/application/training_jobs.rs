//! Train a candidate on request: one at a time, with progress, and cancelled when nobody wants it any more.
//!
//! Jobs live as long as the process. A job that a stop cuts off has left nothing behind: a model is stored and published
//! only once it is whole.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use risk_control::{TrainedModel, TrainingData, TrainingOrder};

use super::{ApplicationError, train::KnownChampion};
use crate::node::BankNode;

/// Jobs that are remembered, the newest.
const JOBS_KEPT: usize = 20;
const ALL_TIME: Range<i64> = i64::MIN..i64::MAX;

/// How far a training job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrainingState {
    Running,
    /// The candidate's hash.
    Done(String),
    Cancelled,
    /// Why, in words for whoever asked.
    Failed(String),
}

/// A training job as it is seen from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingJob {
    /// From 1, in the order in which they began.
    pub number: u64,
    pub order: TrainingOrder,
    /// The person.
    pub by: String,
    /// Epoch microseconds.
    pub started_at_us: i64,
    /// Share of the work that is done, 0 to 1.
    pub progress: f64,
    pub state: TrainingState,
}

/// The training jobs of a node. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct TrainingJobs {
    jobs: Arc<Mutex<BTreeMap<u64, Job>>>,
}

struct Job {
    shown: TrainingJob,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct Signals {
    cancelled: AtomicBool,
    /// Progress in millionths.
    done: AtomicU32,
}

impl TrainingJobs {
    /// Newest first.
    pub fn list(&self) -> Vec<TrainingJob> {
        self.lock().values().rev().map(Job::seen).collect()
    }

    pub fn get(&self, number: u64) -> Option<TrainingJob> {
        self.lock().get(&number).map(Job::seen)
    }

    /// Asks a job to stop; gives it as it is now. One that has ended stays as it is.
    pub fn cancel(&self, number: u64) -> Option<TrainingJob> {
        let jobs = self.lock();
        let job = jobs.get(&number)?;
        job.signals.cancelled.store(true, Ordering::Relaxed);
        Some(job.seen())
    }

    /// Asks all jobs to stop.
    pub fn cancel_all(&self) {
        for job in self.lock().values() {
            job.signals.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Enters a job, unless one is under way.
    fn begin(
        &self,
        order: TrainingOrder,
        by: &str,
        started_at_us: i64,
    ) -> Result<(u64, Arc<Signals>), ApplicationError> {
        let mut jobs = self.lock();
        if jobs
            .values()
            .any(|job| job.shown.state == TrainingState::Running)
        {
            return Err(ApplicationError::TrainingUnderWay);
        }
        let number = jobs.last_key_value().map_or(0, |(number, _)| *number) + 1;
        let signals = Arc::<Signals>::default();
        let shown = TrainingJob {
            number,
            order,
            by: by.to_owned(),
            started_at_us,
            progress: 0.0,
            state: TrainingState::Running,
        };
        let job = Job {
            shown,
            signals: Arc::clone(&signals),
        };
        jobs.insert(number, job);
        while jobs.len() > JOBS_KEPT {
            jobs.pop_first();
        }
        Ok((number, signals))
    }

    fn end(&self, number: u64, state: TrainingState) {
        if let Some(job) = self.lock().get_mut(&number) {
            job.shown.state = state;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job {
    fn seen(&self) -> TrainingJob {
        let done = f64::from(self.signals.done.load(Ordering::Relaxed)) / 1e6;
        TrainingJob {
            progress: match self.shown.state {
                TrainingState::Done(_) => 1.0,
                _ => done,
            },
            ..self.shown.clone()
        }
    }
}

impl BankNode {
    pub(crate) fn training_jobs(&self) -> &TrainingJobs {
        &self.shared.training
    }

    /// Begins to train a candidate on everything in the log. It is published with its card, and scores in shadow where
    /// there is room.
    pub(crate) fn begin_training(
        &self,
        order: TrainingOrder,
        actor: &Arc<str>,
        by: &str,
    ) -> Result<TrainingJob, ApplicationError> {
        let jobs = self.training_jobs();
        let started_at_us = self.shared.clock.now_us();
        let (number, signals) = jobs.begin(order.clone(), by, started_at_us)?;
        let (node, actor, by) = (self.clone(), Arc::clone(actor), by.to_owned());
        tokio::spawn(async move {
            let trained = node.train_candidate(order, &actor, &by, signals).await;
            let state = match trained {
                Ok(model) => TrainingState::Done(model),
                Err(ApplicationError::TrainingCancelled) => TrainingState::Cancelled,
                Err(error @ ApplicationError::NothingToLearn) => {
                    TrainingState::Failed(error.to_string())
                }
                Err(error) => {
                    tracing::error!(%error, "a model could not be trained");
                    TrainingState::Failed(
                        "the node could not train it; its log says why".to_owned(),
                    )
                }
            };
            node.training_jobs().end(number, state);
        });
        jobs.get(number).ok_or(ApplicationError::Inconsistent)
    }

    async fn train_candidate(
        &self,
        order: TrainingOrder,
        actor: &Arc<str>,
        by: &str,
        signals: Arc<Signals>,
    ) -> Result<String, ApplicationError> {
        let through = self.shared.reader.last();
        let cutoff_us = self.shared.clock.now_us();
        let set = self.training_set(through).await?;
        let champion = self.known_champion().await?;
        let watched = Arc::clone(&signals);
        let trained = tokio::task::spawn_blocking(move || {
            let data = TrainingData {
                set: &set,
                occurred_us: ALL_TIME,
                cutoff_us,
                through: through.0,
                champion: champion.as_ref().map(KnownChampion::as_champion),
            };
            TrainedModel::train(&data, &order, &mut |share| {
                watched.done.store((share * 1e6) as u32, Ordering::Relaxed);
                !watched.cancelled.load(Ordering::Relaxed)
            })
        })
        .await
        .map_err(|error| ApplicationError::Training(error.to_string()))??;
        if signals.cancelled.load(Ordering::Relaxed) {
            return Err(ApplicationError::TrainingCancelled);
        }
        self.publish(actor, trained, Some(by.to_owned())).await
    }
}

#[cfg(test)]
mod tests {
    use risk_control::ModelOrigin;

    use super::*;

    fn order() -> TrainingOrder {
        TrainingOrder::standard(ModelOrigin::Simulated)
    }

    #[test]
    fn one_job_runs_at_a_time_and_an_ended_one_makes_room() {
        let jobs = TrainingJobs::default();
        let (first, signals) = jobs.begin(order(), "ravi", 5).unwrap();
        assert!(matches!(
            jobs.begin(order(), "mira", 6),
            Err(ApplicationError::TrainingUnderWay)
        ));
        signals.done.store(250_000, Ordering::Relaxed);
        assert_eq!(jobs.get(first).unwrap().progress, 0.25);
        jobs.cancel(first).unwrap();
        assert!(signals.cancelled.load(Ordering::Relaxed));
        jobs.end(first, TrainingState::Cancelled);
        let (second, _) = jobs.begin(order(), "mira", 6).unwrap();
        let numbers: Vec<u64> = jobs.list().iter().map(|job| job.number).collect();
        assert_eq!(numbers, [second, first]);
    }

    #[test]
    fn only_the_newest_jobs_are_remembered() {
        let jobs = TrainingJobs::default();
        for _ in 0..JOBS_KEPT + 3 {
            let (number, _) = jobs.begin(order(), "ravi", 5).unwrap();
            jobs.end(number, TrainingState::Done("ab".to_owned()));
        }
        assert_eq!(jobs.list().len(), JOBS_KEPT);
        assert_eq!(jobs.get(1), None);
    }
}
