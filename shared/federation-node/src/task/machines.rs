//! The protocol's machines with a task's learner on top, whatever the learner is.

use std::sync::Arc;

use accord_federation::coordinator::{Coordinator, CoordinatorEvent, Fault};
use accord_federation::job::{
    JobError, Pause, TrainingCoordinator, TrainingParticipant, TrainingRefusal,
};
use accord_federation::message::{CoordinatorMessage, ParticipantMessage};
use accord_federation::participant::{Participant, ParticipantEvent, Step, Vault};
use accord_federation::{AgreedPlan, Identity, KeyedRng, Parties, Party};
use accord_learning::evaluation::{EvaluationLearner, ScoredRow};
use accord_learning::gbdt::GbdtLearner;
use accord_learning::logistic::LogisticLearner;
use accord_learning::quantiles::QuantileLearner;
use accord_learning::{Learner, Query, TrainingRows, content_hash};
use serde::Serialize;

use super::{Task, UnknownTask};

/// What a finished job has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobResult {
    /// The hash that names it, the same on all sides.
    pub hash: String,
    /// The model, bins or figures as JSON.
    pub json: Vec<u8>,
}

/// What an institution answers from.
#[derive(Debug, Clone)]
pub enum JobRows {
    /// Rows of features.
    Table(TrainingRows),
    /// Rows that the model under evaluation has scored.
    Scored(Vec<ScoredRow>),
}

impl JobRows {
    /// Their number.
    pub fn len(&self) -> usize {
        match self {
            Self::Table(rows) => rows.len(),
            Self::Scored(rows) => rows.len(),
        }
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A coordinator's machine.
pub trait JobCoordinator: Send {
    /// The protocol's side.
    fn protocol(&self) -> &Coordinator;
    /// What is to be summed next.
    fn query(&self) -> Option<Query>;
    /// See [`TrainingCoordinator::receive`].
    fn receive(
        &mut self,
        sender: Party,
        message: ParticipantMessage,
    ) -> Result<Vec<CoordinatorEvent>, Fault>;
    /// See [`TrainingCoordinator::end_phase`].
    fn end_phase(&mut self) -> Vec<CoordinatorEvent>;
    /// See [`TrainingCoordinator::give_up`].
    fn give_up(&mut self) -> Vec<CoordinatorEvent>;
    /// See [`TrainingCoordinator::resume`].
    fn resume(&mut self) -> Vec<CoordinatorEvent>;
    /// See [`TrainingCoordinator::advance`].
    fn advance(&mut self, present: Parties) -> Result<Vec<CoordinatorEvent>, Pause>;
    /// See [`TrainingCoordinator::close_unit`].
    fn close_unit(&mut self) -> Result<Vec<CoordinatorEvent>, Pause>;
    /// What was found, once the job has finished.
    fn result(&self) -> Option<JobResult>;
}

/// An institution's machine with its rows.
pub trait JobParticipant: Send {
    /// The protocol's side.
    fn protocol(&self) -> &Participant;
    /// See [`TrainingParticipant::handle`].
    fn handle(
        &mut self,
        message: &CoordinatorMessage,
        rng: &mut KeyedRng,
    ) -> Result<Step, TrainingRefusal>;
    /// What was found, once the job has finished.
    fn result(&self) -> Option<JobResult>;
}

impl<L> JobCoordinator for TrainingCoordinator<L>
where
    L: Learner<Model: Serialize> + Send,
{
    fn protocol(&self) -> &Coordinator {
        self.coordinator()
    }

    fn query(&self) -> Option<Query> {
        self.learner().next_query()
    }

    fn receive(
        &mut self,
        sender: Party,
        message: ParticipantMessage,
    ) -> Result<Vec<CoordinatorEvent>, Fault> {
        self.receive(sender, message)
    }

    fn end_phase(&mut self) -> Vec<CoordinatorEvent> {
        self.end_phase()
    }

    fn give_up(&mut self) -> Vec<CoordinatorEvent> {
        self.give_up()
    }

    fn resume(&mut self) -> Vec<CoordinatorEvent> {
        self.resume()
    }

    fn advance(&mut self, present: Parties) -> Result<Vec<CoordinatorEvent>, Pause> {
        self.advance(present)
    }

    fn close_unit(&mut self) -> Result<Vec<CoordinatorEvent>, Pause> {
        self.close_unit()
    }

    fn result(&self) -> Option<JobResult> {
        result_of(self.learner())
    }
}

/// A machine and the rows that it answers from.
struct WithRows<L: Learner> {
    machine: TrainingParticipant<L>,
    rows: L::Rows,
}

impl<L> JobParticipant for WithRows<L>
where
    L: Learner<Model: Serialize> + Send,
    L::Rows: Send,
    L::Workspace: Send,
{
    fn protocol(&self) -> &Participant {
        self.machine.participant()
    }

    fn handle(
        &mut self,
        message: &CoordinatorMessage,
        rng: &mut KeyedRng,
    ) -> Result<Step, TrainingRefusal> {
        self.machine.handle(&self.rows, message, rng)
    }

    fn result(&self) -> Option<JobResult> {
        result_of(self.machine.learner())
    }
}

fn result_of<L: Learner<Model: Serialize>>(learner: &L) -> Option<JobResult> {
    learner.model().map(|model| JobResult {
        hash: content_hash(model),
        json: serde_json::to_vec(model).expect("a model is plain data, which always serialises"),
    })
}

/// What an institution brings to a job, or comes back to it with.
pub(crate) struct ParticipantParts {
    pub agreed: AgreedPlan,
    pub identity: Arc<Identity>,
    pub vault: Vault,
    pub events: Vec<ParticipantEvent>,
}

impl Task {
    /// The learner's hash before its first query.
    pub(super) fn start(&self) -> Result<String, UnknownTask> {
        Ok(match self {
            Self::Gbdt(training) => gbdt(training)?.progress_hash(),
            Self::Logistic(training) => logistic(training)?.progress_hash(),
            Self::Quantiles(training) => quantiles(training)?.progress_hash(),
            Self::Evaluation(_) => EvaluationLearner::default().progress_hash(),
        })
    }

    /// The bound of a row in the first query.
    pub(super) fn first_row_bound(&self) -> Option<u64> {
        let query = match self {
            Self::Gbdt(training) => gbdt(training).ok()?.next_query(),
            Self::Logistic(training) => logistic(training).ok()?.next_query(),
            Self::Quantiles(training) => quantiles(training).ok()?.next_query(),
            Self::Evaluation(_) => EvaluationLearner::default().next_query(),
        };
        query.map(|query| query.row_bound)
    }

    /// The coordinator's machine, as its events left it.
    pub(crate) fn coordinator<'event>(
        &self,
        agreed: AgreedPlan,
        identity: Arc<Identity>,
        events: impl IntoIterator<Item = &'event CoordinatorEvent>,
    ) -> Result<Box<dyn JobCoordinator>, CannotStart> {
        fn boxed<'event, L>(
            learner: L,
            agreed: AgreedPlan,
            identity: Arc<Identity>,
            events: impl IntoIterator<Item = &'event CoordinatorEvent>,
        ) -> Result<Box<dyn JobCoordinator>, CannotStart>
        where
            L: Learner<Model: Serialize> + Send + 'static,
        {
            Ok(Box::new(TrainingCoordinator::restore(
                agreed, identity, learner, events,
            )?))
        }
        match self {
            Self::Gbdt(training) => boxed(gbdt(training)?, agreed, identity, events),
            Self::Logistic(training) => boxed(logistic(training)?, agreed, identity, events),
            Self::Quantiles(training) => boxed(quantiles(training)?, agreed, identity, events),
            Self::Evaluation(_) => boxed(EvaluationLearner::default(), agreed, identity, events),
        }
    }

    /// An institution's machine, as its vault and events left it.
    pub(crate) fn participant(
        &self,
        parts: ParticipantParts,
        rows: JobRows,
    ) -> Result<Box<dyn JobParticipant>, CannotStart> {
        fn boxed<L>(
            learner: L,
            parts: ParticipantParts,
            rows: L::Rows,
        ) -> Result<Box<dyn JobParticipant>, CannotStart>
        where
            L: Learner<Model: Serialize> + Send + 'static,
            L::Rows: Send,
            L::Workspace: Send,
        {
            let machine = TrainingParticipant::restore(
                parts.agreed,
                parts.identity,
                learner,
                L::Workspace::default(),
                parts.vault,
                &parts.events,
            )?;
            Ok(Box::new(WithRows { machine, rows }))
        }
        match (self, rows) {
            (Self::Gbdt(training), JobRows::Table(rows)) => boxed(gbdt(training)?, parts, rows),
            (Self::Logistic(training), JobRows::Table(rows)) => {
                boxed(logistic(training)?, parts, rows)
            }
            (Self::Quantiles(training), JobRows::Table(rows)) => {
                boxed(quantiles(training)?, parts, rows)
            }
            (Self::Evaluation(_), JobRows::Scored(rows)) => {
                boxed(EvaluationLearner::default(), parts, rows)
            }
            _ => Err(CannotStart::OtherRows),
        }
    }
}

/// Why a machine cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// The plan's task.
    #[error(transparent)]
    Task(#[from] UnknownTask),
    /// The plan, the identity or the events.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Rows of another kind than the task needs.
    #[error("the task needs rows of another kind")]
    OtherRows,
}

fn gbdt(
    training: &super::Training<accord_learning::gbdt::GbdtPlan>,
) -> Result<GbdtLearner, UnknownTask> {
    GbdtLearner::new(training.learner.clone())
        .map_err(|error| UnknownTask::Refused(error.to_string()))
}

fn logistic(
    training: &super::Training<accord_learning::logistic::LogisticPlan>,
) -> Result<LogisticLearner, UnknownTask> {
    LogisticLearner::new(training.learner.clone())
        .map_err(|error| UnknownTask::Refused(error.to_string()))
}

/// Bins are numbered in a byte, and one number stands for missing values.
const CUTS_MAX: usize = 254;

fn quantiles(
    training: &super::Training<accord_learning::quantiles::QuantilePlan>,
) -> Result<QuantileLearner, UnknownTask> {
    if training.learner.cuts.total() > CUTS_MAX {
        return Err(UnknownTask::Refused(format!("at most {CUTS_MAX} cuts")));
    }
    Ok(QuantileLearner::new(training.learner.clone()))
}
