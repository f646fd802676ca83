//! One job as people see it.

use accord_federation::Plan;
use accord_federation::codec::Wire;
use accord_federation::plan::LintReport;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use utoipa::ToSchema;

use crate::coordinator::log::{Event, JobProposed, ProtocolRecord, RecordKind};
use crate::task::Task;

/// Drop-outs and reasons that are shown; older ones are only counted.
const SHOWN_MAX: usize = 50;

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobView {
    pub job: String,
    /// `gbdt`, `logistic`, `quantiles` or `evaluation`.
    pub kind: String,
    pub status: JobStatus,
    /// Epoch microseconds on the coordinator's clock.
    pub proposed_at_us: i64,
    /// When everybody had signed.
    pub began_at_us: Option<i64>,
    pub ended_at_us: Option<i64>,
    /// By place in the plan's roster.
    pub institutions: Vec<InstitutionProgress>,
    /// Shares that open a secret, and signatures that fix who is summed.
    pub threshold: u8,
    /// The fewest institutions that are ever summed.
    pub survivors_min: u8,
    /// Institutions that may conspire.
    pub colluders: u8,
    pub phase: Option<PhaseView>,
    /// Sums that were released.
    pub sums: u32,
    /// Sums of a run without interruption.
    pub sums_expected: u32,
    pub units_closed: u32,
    pub attempts_abandoned: u32,
    /// The newest drop-outs, oldest first.
    pub drop_outs: Vec<DropOut>,
    /// What was refused, by whom or from whom, newest last.
    pub faults: Vec<String>,
    pub privacy: PrivacyView,
    /// Bytes that the plan's linter expected each institution to send at most.
    pub bytes_up_expected: u64,
    /// Who was asked in this phase, by place.
    #[serde(skip)]
    asked: Vec<u8>,
    /// Where the log begins to tell of it.
    #[serde(skip)]
    pub(crate) proposed_at: u64,
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobStatus {
    pub name: StatusName,
    /// Why it was aborted.
    pub reason: Option<String>,
    /// The hash of its result, the same on all sides.
    pub result: Option<String>,
    /// The artefact that holds the result.
    #[serde(skip)]
    pub artefact: Option<String>,
}

/// Where a job stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusName {
    /// Offered to its roster.
    Proposed,
    Running,
    Finished,
    Aborted,
}

/// An institution in a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct InstitutionProgress {
    pub name: String,
    pub state: InstitutionState,
    /// Whether it has signed the plan.
    pub signed: bool,
    /// Whether its answer is awaited now.
    pub awaited: bool,
    /// Whether its keys are set up.
    pub in_batch: bool,
    /// Answers that are in the released sums.
    pub sums: u32,
    pub drop_outs: u32,
    /// Bytes that it has sent in messages of the protocol.
    pub bytes_up: u64,
    /// Bytes that it was sent since the coordinator started.
    pub bytes_down: u64,
}

/// What an institution does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstitutionState {
    /// It has not signed the plan.
    Signing,
    /// Its answer is awaited.
    Awaited,
    /// It has answered in this phase, or nothing is asked of it now.
    Answered,
    /// It is not among those that are summed now.
    Absent,
    /// The job has ended.
    Done,
}

/// What is going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PhaseView {
    /// `keys`, `shares`, `verdicts`, `masked answers`, `agreement`, `unmasking` or `between sums`.
    pub name: String,
    /// What is summed.
    pub query: Option<String>,
    /// Which round.
    pub round: Option<u32>,
}

/// Somebody did not answer in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DropOut {
    pub institution: String,
    /// During which phase.
    pub phase: String,
    /// What was summed.
    pub query: Option<String>,
    pub at_us: i64,
}

/// Privacy that released sums cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct PrivacyView {
    /// The plan's ε; absent where sums are exact and no ε protects against what they themselves tell.
    pub epsilon_budget: Option<f64>,
    /// ε spent so far; absent where sums are exact.
    pub epsilon_spent: Option<f64>,
}

impl JobView {
    pub(super) fn proposed(proposed: &JobProposed, at_us: i64, sequence: u64) -> Self {
        let plan = STANDARD
            .decode(&proposed.plan)
            .ok()
            .and_then(|bytes| Plan::from_bytes(&bytes).ok());
        let lint: Option<LintReport> = plan.as_ref().and_then(|plan| plan.lint().ok());
        let task = plan.as_ref().and_then(|plan| Task::of(plan).ok());
        let thresholds = plan.as_ref().map(|plan| plan.thresholds);
        Self {
            job: proposed.job.clone(),
            kind: plan
                .as_ref()
                .map_or_else(String::new, |plan| plan.learner.kind.clone()),
            status: JobStatus {
                name: StatusName::Proposed,
                reason: None,
                result: None,
                artefact: None,
            },
            proposed_at_us: at_us,
            began_at_us: None,
            ended_at_us: None,
            institutions: proposed
                .institutions
                .iter()
                .map(|name| InstitutionProgress::new(name))
                .collect(),
            threshold: thresholds.map_or(0, |one| one.threshold),
            survivors_min: thresholds.map_or(0, |one| one.survivors_min),
            colluders: thresholds.map_or(0, |one| one.colluders),
            phase: None,
            sums: 0,
            sums_expected: task.map_or(0, |task| task.sums_expected()),
            units_closed: 0,
            attempts_abandoned: 0,
            drop_outs: Vec::new(),
            faults: Vec::new(),
            privacy: PrivacyView {
                epsilon_budget: plan
                    .as_ref()
                    .and_then(|plan| plan.privacy.map(|privacy| privacy.epsilon_max)),
                // Orders make exact sums only: there is nothing to spend yet.
                epsilon_spent: None,
            },
            bytes_up_expected: lint.map_or(0, |lint| lint.bytes_up),
            asked: Vec::new(),
            proposed_at: sequence,
        }
    }

    pub(super) fn fold(&mut self, event: &Event, at_us: i64) {
        match event {
            Event::JobProposed(_) => {}
            Event::InstitutionEnrolled(enrolled) => {
                if let Some(one) = self.institutions.get_mut(usize::from(enrolled.place)) {
                    one.signed = true;
                }
                if self.institutions.iter().all(|one| one.signed) {
                    self.status.name = StatusName::Running;
                    self.began_at_us = Some(at_us);
                }
            }
            Event::InstitutionDeclined(said) => {
                self.note(said.place, "does not sign", &said.reason);
            }
            Event::InstitutionRefused(said) => self.note(said.place, "refuses", &said.reason),
            Event::MessageRefused(said) => self.note(said.place, "is refused", &said.reason),
            Event::Protocol(advanced) => self.advance(&advanced.record, at_us),
            Event::JobFinished(finished) => {
                self.end(StatusName::Finished, at_us);
                self.status.result = Some(finished.result.clone());
                self.status.artefact = Some(finished.artefact.clone());
            }
            Event::JobAborted(aborted) => {
                self.end(StatusName::Aborted, at_us);
                self.status.reason = Some(aborted.reason.clone());
            }
        }
        self.tell_states();
    }

    fn tell_states(&mut self) {
        let has_ended = self.ended_at_us.is_some();
        for (place, one) in (0..).zip(&mut self.institutions) {
            one.state = if has_ended {
                InstitutionState::Done
            } else if !one.signed {
                InstitutionState::Signing
            } else if one.awaited {
                InstitutionState::Awaited
            } else if self.asked.is_empty() || self.asked.contains(&place) {
                InstitutionState::Answered
            } else {
                InstitutionState::Absent
            };
        }
    }

    /// Real seconds from the first sum's keys to the end, or to `now_us`.
    pub fn seconds(&self, now_us: i64) -> Option<f64> {
        let began = self.began_at_us?;
        Some((self.ended_at_us.unwrap_or(now_us) - began) as f64 / 1e6)
    }

    fn end(&mut self, name: StatusName, at_us: i64) {
        self.status.name = name;
        self.ended_at_us = Some(at_us);
        self.phase = None;
        self.institutions
            .iter_mut()
            .for_each(|one| one.awaited = false);
    }

    fn note(&mut self, place: u8, what: &str, reason: &str) {
        let name = self.name(place);
        self.faults.push(format!("{name} {what}: {reason}"));
        trim(&mut self.faults);
    }

    fn name(&self, place: u8) -> String {
        let one = self.institutions.get(usize::from(place));
        one.map_or_else(|| "somebody".to_owned(), |one| one.name.clone())
    }

    fn advance(&mut self, record: &ProtocolRecord, at_us: i64) {
        if let Some(one) = record
            .place
            .and_then(|place| self.institutions.get_mut(usize::from(place)))
        {
            one.bytes_up += record.bytes;
        }
        let places = record.places.as_deref().unwrap_or_default();
        match record.kind {
            RecordKind::BatchOpened => self.begin("keys", Some(places)),
            RecordKind::DirectoryPublished => {
                let answered = self.answered();
                self.drop_out_awaited(at_us);
                self.begin("shares", Some(&answered));
            }
            RecordKind::SharesFixed => {
                let answered = self.answered();
                self.drop_out_awaited(at_us);
                self.begin("verdicts", Some(&answered));
            }
            RecordKind::KeysReceived
            | RecordKind::SharesReceived
            | RecordKind::VerdictReceived
            | RecordKind::InputReceived
            | RecordKind::SurvivorsSigned
            | RecordKind::SharesOpened => {
                if let Some(one) = record
                    .place
                    .and_then(|place| self.institutions.get_mut(usize::from(place)))
                {
                    one.awaited = false;
                }
            }
            RecordKind::Blamed => self.faults.extend(record.reason.clone()),
            RecordKind::BatchReady => {
                for (place, one) in (0..).zip(&mut self.institutions) {
                    one.in_batch = places.contains(&place);
                }
                self.begin("between sums", None);
            }
            RecordKind::BatchFailed => self.begin("between sums", None),
            RecordKind::RoundOpened => {
                self.begin("masked answers", Some(places));
                if let Some(phase) = &mut self.phase {
                    phase.query.clone_from(&record.query);
                    phase.round = record.round;
                }
            }
            RecordKind::SurvivorsFixed => {
                self.drop_out_awaited(at_us);
                self.begin("agreement", Some(places));
            }
            RecordKind::AgreementReached => {
                let survivors = self.asked.clone();
                self.begin("unmasking", Some(&survivors));
            }
            RecordKind::SumReleased => {
                self.sums += 1;
                for (place, one) in (0..).zip(&mut self.institutions) {
                    one.sums += u32::from(places.contains(&place));
                }
                self.begin("between sums", None);
            }
            RecordKind::AttemptAbandoned => {
                self.attempts_abandoned += 1;
                self.drop_out_awaited(at_us);
                self.begin("between sums", None);
            }
            RecordKind::UnitClosed => {
                self.units_closed += 1;
                self.begin("between sums", None);
            }
        }
        trim(&mut self.faults);
    }

    fn begin(&mut self, phase: &str, awaited: Option<&[u8]>) {
        let before = self.phase.take();
        self.phase = Some(PhaseView {
            name: phase.to_owned(),
            query: before.as_ref().and_then(|before| before.query.clone()),
            round: before.and_then(|before| before.round),
        });
        let awaited = awaited.unwrap_or_default();
        self.asked = awaited.to_vec();
        for (place, one) in (0..).zip(&mut self.institutions) {
            one.awaited = awaited.contains(&place);
        }
    }

    /// Who was asked in this phase and has answered.
    fn answered(&self) -> Vec<u8> {
        let awaited = |place: u8| {
            let one = self.institutions.get(usize::from(place));
            one.is_some_and(|one| one.awaited)
        };
        let asked = self.asked.iter().copied();
        asked.filter(|place| !awaited(*place)).collect()
    }

    fn drop_out_awaited(&mut self, at_us: i64) {
        let (phase, query) = match &self.phase {
            Some(phase) => (phase.name.clone(), phase.query.clone()),
            None => return,
        };
        for one in &mut self.institutions {
            if one.awaited {
                one.drop_outs += 1;
                self.drop_outs.push(DropOut {
                    institution: one.name.clone(),
                    phase: phase.clone(),
                    query: query.clone(),
                    at_us,
                });
            }
        }
        trim(&mut self.drop_outs);
    }
}

impl InstitutionProgress {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: InstitutionState::Signing,
            signed: false,
            awaited: false,
            in_batch: false,
            sums: 0,
            drop_outs: 0,
            bytes_up: 0,
            bytes_down: 0,
        }
    }
}

fn trim<T>(shown: &mut Vec<T>) {
    let surplus = shown.len().saturating_sub(SHOWN_MAX);
    shown.drain(..surplus);
}
