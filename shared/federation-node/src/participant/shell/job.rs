//! The job under way: the machine, its rows, and what it writes before it answers.

use std::ops::Range;
use std::sync::Arc;

use accord_federation::codec::Wire;
use accord_federation::job::TrainingRefusal;
use accord_federation::message::{CoordinatorMessage, ParticipantMessage};
use accord_federation::participant::ParticipantEvent;
use accord_federation::{AgreedPlan, KeyedRng};
use accord_learning::TrainingRows;
use accord_learning::deterministic::logit;
use accord_learning::evaluation::ScoredRow;
use accord_learning::gbdt::GbdtModel;
use accord_learning::logistic::LogisticModel;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::super::log::{Command, Event, JobBegun, ParticipantLog, ProtocolStep};
use super::super::vault_store::VaultStore;
use super::super::{FederatedResult, FixedLog, RowsWanted};
use super::{Shell, Trouble};
use crate::machine_log::MachineLog;
use crate::task::{JobParticipant, JobResult, JobRows, ParticipantParts, RowSelection, Task};

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

/// A job that this institution is in.
pub(super) struct ActiveJob {
    pub name: String,
    begun: JobBegun,
    agreed: AgreedPlan,
    task: Task,
    machine: Box<dyn JobParticipant>,
    /// Steps that were written.
    steps: u64,
}

/// What an earlier job found here.
#[derive(Debug, Clone)]
pub(super) struct Learnt {
    pub result: String,
    pub artefact: String,
    pub begun: JobBegun,
}

/// A step's answer, or why there is none.
type Handled = Result<Option<ParticipantMessage>, TrainingRefusal>;

impl ActiveJob {
    pub fn rounds_known(&self) -> u32 {
        self.machine.protocol().rounds_known()
    }

    pub fn epsilon_spent(&self) -> f64 {
        match self.agreed.plan().privacy {
            Some(_) => self.machine.protocol().epsilon_spent(),
            // Exact sums have no ε that could be counted.
            None => 0.0,
        }
    }

    pub fn result(&self) -> Option<JobResult> {
        self.machine.result()
    }

    /// What the institution gets.
    pub fn found(&self, result: &JobResult) -> FederatedResult {
        FederatedResult {
            job: self.name.clone(),
            task: self.task.clone(),
            hash: result.hash.clone(),
            json: result.json.clone(),
            feature_set: self.task.selection().map(|one| one.feature_set.clone()),
            own_rows: self.begun.rows,
            institutions: self.agreed.plan().roster.len(),
            plan: self.agreed.hash().to_string(),
            log: fixed(&self.begun),
            occurred_until_us: self.begun.occurred_until_us,
        }
    }

    /// Lets the machine decide, makes durable what follows (first the vault, then the log), and only then gives the
    /// answer.
    pub async fn handle(
        &mut self,
        log: &MachineLog<ParticipantLog>,
        vault: &VaultStore,
        actor: &Arc<str>,
        message: &CoordinatorMessage,
        rng: &mut KeyedRng,
    ) -> Result<Handled, Trouble> {
        let step = match self.machine.handle(message, rng) {
            Ok(step) => step,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut steps = Vec::with_capacity(step.events.len());
        let mut released: Option<(u64, &[i64])> = None;
        for (number, event) in (self.steps..).zip(&step.events) {
            if let ParticipantEvent::SumReleased { total, .. } = event {
                released = Some((number, total));
            }
            steps.push(ProtocolStep {
                number,
                event: without_total(event),
            });
        }
        vault.store(&self.name, &step.vault, released).await?;
        if !steps.is_empty() {
            let written = steps.len() as u64;
            log.give(actor, Command::Advance(self.name.clone(), steps))
                .await?;
            self.steps += written;
        }
        Ok(Ok(step.reply))
    }
}

/// A released total lies beside the vault: the log would grow by megabytes with every tree.
fn without_total(event: &ParticipantEvent) -> ParticipantEvent {
    match event {
        ParticipantEvent::SumReleased {
            round,
            query,
            survivors,
            total: _,
        } => ParticipantEvent::SumReleased {
            round: *round,
            query: query.clone(),
            survivors: *survivors,
            total: Vec::new(),
        },
        other => other.clone(),
    }
}

fn fixed(begun: &JobBegun) -> FixedLog {
    FixedLog {
        through: begun.through,
        cutoff_us: begun.cutoff_us,
        labelled_until_us: begun.labelled_until_us,
    }
}

impl Shell {
    /// Where the institution's log stands now, and which of its rows the job answers from.
    pub(super) async fn fix_rows(&mut self, agreed: &AgreedPlan) -> Result<JobBegun, Trouble> {
        let task = Task::of(agreed.plan()).map_err(|error| Trouble::Rows(error.to_string()))?;
        let log = self.institution.fix_log();
        let occurred_us: Range<i64> = match task.selection() {
            Some(selection) => {
                i64::MIN..log.labelled_until_us - i64::from(selection.held_out_days) * DAY_US
            }
            // What the measured model did not learn from.
            None => self.learnt_for(&task)?.begun.occurred_until_us..i64::MAX,
        };
        let mut begun = JobBegun {
            job: agreed.plan().job.clone(),
            agreed: STANDARD.encode(agreed.to_bytes()),
            through: log.through,
            cutoff_us: log.cutoff_us,
            labelled_until_us: log.labelled_until_us,
            occurred_from_us: occurred_us.start,
            occurred_until_us: occurred_us.end,
            rows: 0,
        };
        let rows = self.rows(&task, agreed, &begun).await?;
        begun.rows = rows.len() as u64;
        self.prepared = Some((begun.job.clone(), rows));
        Ok(begun)
    }

    /// The job's machine, from what is durable.
    pub(super) async fn set_up(&mut self, begun: &JobBegun) -> Result<ActiveJob, Trouble> {
        let bytes = STANDARD.decode(&begun.agreed).unwrap_or_default();
        let agreed = AgreedPlan::from_bytes(&bytes)?;
        let task = Task::of(agreed.plan()).map_err(|error| Trouble::Rows(error.to_string()))?;
        let rows = match self.prepared.take() {
            Some((job, rows)) if job == begun.job => rows,
            _ => self.rows(&task, &agreed, begun).await?,
        };
        let mut steps = Vec::new();
        self.log
            .each_from(self.begun_at, |recorded| match &recorded.event {
                Event::Protocol(advanced) if advanced.job == begun.job => {
                    steps.push((advanced.number, advanced.event.clone()));
                }
                _ => {}
            })
            .await?;
        for (number, event) in &mut steps {
            if let ParticipantEvent::SumReleased { total, .. } = event {
                *total = self.vault.total(&begun.job, *number).await?;
            }
        }
        let parts = ParticipantParts {
            agreed: agreed.clone(),
            identity: Arc::clone(&self.identity),
            vault: self.vault.vault(&begun.job).await?,
            events: steps.into_iter().map(|(_, event)| event).collect(),
        };
        let written = parts.events.len() as u64;
        Ok(ActiveJob {
            name: begun.job.clone(),
            begun: begun.clone(),
            machine: task.participant(parts, rows)?,
            agreed,
            task,
            steps: written,
        })
    }

    async fn rows(
        &self,
        task: &Task,
        agreed: &AgreedPlan,
        begun: &JobBegun,
    ) -> Result<JobRows, Trouble> {
        let rows_max = agreed.plan().rows_max;
        match task.selection() {
            Some(selection) => {
                let rows = self.table(selection, begun, rows_max).await?;
                Ok(JobRows::Table(rows))
            }
            None => {
                let learnt = self.learnt_for(task)?;
                let bytes = STANDARD.decode(&learnt.begun.agreed).unwrap_or_default();
                let trained = AgreedPlan::from_bytes(&bytes)?;
                let trained = Task::of(trained.plan()).map_err(rows_trouble)?;
                let selection = trained
                    .selection()
                    .ok_or_else(|| rows_trouble("an evaluation is no model"))?;
                let rows = self.table(selection, begun, rows_max).await?;
                let model = self.artefacts.get(&learnt.artefact)?;
                scored(&trained, &model, &rows).map(JobRows::Scored)
            }
        }
    }

    async fn table(
        &self,
        selection: &RowSelection,
        begun: &JobBegun,
        rows_max: u64,
    ) -> Result<TrainingRows, Trouble> {
        let wanted = RowsWanted {
            feature_set: selection.feature_set.clone(),
            features: selection.features.clone(),
            log: fixed(begun),
            occurred_us: begun.occurred_from_us..begun.occurred_until_us,
            rows_max,
        };
        self.institution.rows(wanted).await.map_err(Trouble::Rows)
    }

    fn learnt_for(&self, task: &Task) -> Result<&Learnt, Trouble> {
        let Task::Evaluation(evaluation) = task else {
            return Err(rows_trouble("only an evaluation needs an earlier model"));
        };
        self.learnt
            .get(&evaluation.model_of)
            .filter(|learnt| learnt.result == evaluation.model)
            .ok_or_else(|| {
                let job = &evaluation.model_of;
                rows_trouble(format!("the model of job `{job}` is not known here"))
            })
    }
}

fn rows_trouble(reason: impl std::fmt::Display) -> Trouble {
    Trouble::Rows(reason.to_string())
}

/// Scores rows with the model under evaluation, calibrated.
fn scored(task: &Task, model: &[u8], rows: &TrainingRows) -> Result<Vec<ScoredRow>, Trouble> {
    let score_all = |score: &dyn Fn(&[f64]) -> f64| {
        rows.iter()
            .map(|(features, label)| ScoredRow {
                log_odds: logit(score(features)),
                label,
            })
            .collect()
    };
    match task {
        Task::Gbdt(_) => {
            let model: GbdtModel = serde_json::from_slice(model).map_err(rows_trouble)?;
            Ok(score_all(&|features| model.score(features)))
        }
        Task::Logistic(_) => {
            let model: LogisticModel = serde_json::from_slice(model).map_err(rows_trouble)?;
            Ok(score_all(&|features| model.score(features)))
        }
        _ => Err(rows_trouble("the job to be measured has no model")),
    }
}
