//! The run of a simulated job.

use accord_learning::Learner;
use serde::Serialize;
use thiserror::Error;

use super::site::Site;
use super::weather::{Fate, Moment, Stage, Weather};
use crate::agreement::derive_key;
use crate::consortium::Consortium;
use crate::coordinator::{CannotOpen, CoordinatorEvent, Fault, Retention, Waiting};
use crate::job::{JobError, Pause, TrainingCoordinator, TrainingRefusal};
use crate::keyed_rng::KeyedRng;
use crate::message::{CoordinatorMessage, ParticipantMessage};
use crate::parties::Party;
use crate::secret::Secret;
use crate::transcript::Transcript;

/// A consortium that trains in one process.
pub struct Simulation<'rows, L: Learner> {
    consortium: Consortium,
    start: L,
    coordinator: TrainingCoordinator<L>,
    sites: Vec<Site<'rows, L>>,
    /// Every event, as the coordinator's log and spool have them.
    events: Vec<CoordinatorEvent>,
    /// Events so far, with those that were deleted since.
    stored: usize,
    transcript: Transcript,
    recorded: bool,
    counts: Counts,
    threads: usize,
    refusals: Vec<(Party, TrainingRefusal)>,
    faults: Vec<Fault>,
}

/// A finished job.
#[derive(Debug)]
pub struct Outcome<M> {
    /// The model that every participant and the coordinator have.
    pub model: M,
    /// What it cost.
    pub figures: Figures,
}

/// What a job cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Sums that were released.
    pub sums: u64,
    /// Units that ended before their time.
    pub units_closed: u64,
    /// Attempts that were abandoned.
    pub attempts_abandoned: u64,
    /// The most bytes that one institution sent.
    pub bytes_up_max: u64,
    /// The most bytes that one institution received.
    pub bytes_down_max: u64,
}

/// What happened so far.
#[derive(Debug, Default)]
struct Counts {
    sums: u64,
    units_closed: u64,
    attempts_abandoned: u64,
}

/// Why a job ended without a model.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SimulationError {
    /// The machines cannot be set up.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The job waits for institutions that never come back, or has failed.
    #[error("the job does not go on: {0}")]
    Paused(Pause),
    /// The parties ended with different models: a defect.
    #[error("the parties have different models")]
    Diverged,
}

impl<'rows, L> Simulation<'rows, L>
where
    L: Learner<Model: Clone> + Clone + Send,
    L::Rows: Sync,
    L::Workspace: Send,
{
    /// A consortium of which each institution has its `rows`. `seed` determines all randomness after the identities.
    pub fn new(
        consortium: Consortium,
        start: L,
        rows: &[&'rows L::Rows],
        seed: &Secret,
    ) -> Result<Self, JobError> {
        let agreed = &consortium.agreed;
        let transcript = Transcript::new(agreed.clone());
        let coordinator = TrainingCoordinator::new(
            agreed.clone(),
            consortium.coordinator.clone(),
            start.clone(),
        )?;
        let sites = agreed
            .parties()
            .iter()
            .zip(rows)
            .map(|(party, rows)| {
                let key = derive_key(seed, b"simulation", &[party.point()]);
                Site::new(
                    agreed.clone(),
                    consortium.institutions[party.place()].clone(),
                    start.clone(),
                    rows,
                    L::Workspace::default(),
                    KeyedRng::new(&key),
                )
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            consortium,
            start,
            coordinator,
            sites,
            events: Vec::new(),
            stored: 0,
            transcript,
            recorded: true,
            counts: Counts::default(),
            threads: 1,
            refusals: Vec::new(),
            faults: Vec::new(),
        })
    }

    /// Keeps masked vectors and opened shares in the transcript, so that its sums can be computed again.
    pub fn keep_masked(mut self) -> Self {
        self.transcript.keep_masked();
        self
    }

    /// Lets the institutions compute on so many threads: in truth each has a machine of its own.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Keeps neither a transcript nor what a machine would be restored from, which for long jobs is more than memory
    /// holds. All messages are the same. Nobody may die in such a run.
    pub fn unrecorded(mut self) -> Self {
        self.recorded = false;
        for site in &mut self.sites {
            site.forgetful = true;
        }
        self
    }

    /// What an auditor gets.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// What the coordinator's log has.
    pub fn events(&self) -> &[CoordinatorEvent] {
        &self.events
    }

    /// Messages that participants refused.
    pub fn refusals(&self) -> &[(Party, TrainingRefusal)] {
        &self.refusals
    }

    /// Messages that the coordinator refused.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Runs the job to its end.
    pub fn run(
        &mut self,
        weather: &mut impl Weather,
    ) -> Result<Outcome<L::Model>, SimulationError> {
        loop {
            match self.step(weather) {
                Ok(()) => {}
                Err(Pause::Finished) => break,
                Err(pause) => return Err(SimulationError::Paused(pause)),
            }
        }
        self.tell_results();
        let hash = self.coordinator.learner().progress_hash();
        let same = self.sites.iter().all(|site| {
            let learner = site.participant.learner();
            learner.progress_hash() == hash
        });
        match self.coordinator.learner().model() {
            Some(model) if same => Ok(Outcome {
                model: model.clone(),
                figures: self.figures(),
            }),
            _ => Err(SimulationError::Diverged),
        }
    }

    /// Everything up to the next open request, or one exchange of messages.
    fn step(&mut self, weather: &mut impl Weather) -> Result<(), Pause> {
        let round = self.coordinator.coordinator().rounds();
        if self.coordinator.coordinator().waiting() == Waiting::Idle {
            let present = weather.present(round, self.consortium.agreed.parties());
            let events = match self.coordinator.advance(present) {
                // Waiting would be as good; a simulation goes on with the others.
                Err(Pause::CannotOpen(CannotOpen::UnitIncomplete)) => {
                    self.coordinator.close_unit()?
                }
                other => other?,
            };
            self.store(events, weather);
            return Ok(());
        }
        if self.exchange(weather) {
            return Ok(());
        }
        let mut events = self.coordinator.end_phase();
        if events.is_empty() {
            events = self.coordinator.give_up();
        }
        if events.is_empty() {
            // Nothing is awaited that could still come.
            return Err(Pause::CannotOpen(CannotOpen::Busy));
        }
        self.store(events, weather);
        Ok(())
    }

    /// Sends every open request once; true if that led to anything.
    fn exchange(&mut self, weather: &mut impl Weather) -> bool {
        let coordinator = self.coordinator.coordinator();
        let round = coordinator.rounds();
        let mut dealt: Vec<Option<(CoordinatorMessage, Fate)>> = Vec::new();
        for site in &self.sites {
            let party = site.participant.party();
            let request = coordinator.request_for(party, site.participant.rounds_known());
            dealt.push(request.map(|request| {
                let moment = Moment {
                    round,
                    stage: Stage::of(&request),
                    party,
                };
                (request, weather.fate(moment))
            }));
        }
        // A participant that died comes back and is asked again; one that learnt a result is then asked for more.
        let mut moved = dealt.iter().flatten().any(|(request, fate)| {
            let died = matches!(fate, Fate::DiesBeforeStoring | Fate::DiesBeforeAnswering);
            died || (Stage::of(request) == Stage::Result && *fate == Fate::Answered)
        });
        for (party, answer) in self.answers(dealt) {
            match answer {
                Ok(None) => {}
                Err(refusal) => self.refusals.push((party, refusal)),
                Ok(Some(reply)) => match self.coordinator.receive(party, reply) {
                    Ok(events) => {
                        moved = true;
                        self.store(events, weather);
                    }
                    Err(fault) => self.faults.push(fault),
                },
            }
        }
        moved
    }

    fn answers(
        &mut self,
        dealt: Vec<Option<(CoordinatorMessage, Fate)>>,
    ) -> Vec<(Party, Result<Option<ParticipantMessage>, TrainingRefusal>)> {
        let share = self.sites.len().div_ceil(self.threads);
        let work = |sites: &mut [Site<'rows, L>], dealt: &[Option<(CoordinatorMessage, Fate)>]| {
            sites
                .iter_mut()
                .zip(dealt)
                .filter_map(|(site, dealt)| {
                    let (message, fate) = dealt.as_ref()?;
                    Some((site.participant.party(), site.handle(message, *fate)))
                })
                .collect::<Vec<_>>()
        };
        if self.threads == 1 {
            return work(&mut self.sites, &dealt);
        }
        std::thread::scope(|scope| {
            let handles: Vec<_> = self
                .sites
                .chunks_mut(share)
                .zip(dealt.chunks(share))
                .map(|(sites, dealt)| scope.spawn(move || work(sites, dealt)))
                .collect();
            handles
                .into_iter()
                .flat_map(|handle| handle.join().expect("a participant does not panic"))
                .collect()
        })
    }

    /// Stores events, and lets the coordinator die between any two of them.
    fn store(&mut self, events: Vec<CoordinatorEvent>, weather: &mut impl Weather) {
        for event in events {
            let ends_round = event.ends_round();
            self.keep(event);
            if weather.coordinator_dies(self.stored) {
                self.restart_coordinator();
                return;
            }
            if ends_round {
                self.events
                    .retain(|event| event.retention() == Retention::Log);
            }
        }
    }

    fn keep(&mut self, event: CoordinatorEvent) {
        self.counts.add(&event);
        self.stored += 1;
        if self.recorded {
            self.transcript.record(&event);
            self.events.push(event);
        }
    }

    /// What was not stored yet is lost; what follows from the rest happens again.
    fn restart_coordinator(&mut self) {
        assert!(self.recorded, "nobody dies in a run that is not recorded");
        self.coordinator = TrainingCoordinator::restore(
            self.consortium.agreed.clone(),
            self.consortium.coordinator.clone(),
            self.start.clone(),
            &self.events,
        )
        .expect("what was stored can be restored");
        for event in self.coordinator.resume() {
            self.keep(event);
        }
    }

    /// Lets everybody learn how it ended.
    fn tell_results(&mut self) {
        for site in &mut self.sites {
            let party = site.participant.party();
            while let Some(message) = self
                .coordinator
                .coordinator()
                .request_for(party, site.participant.rounds_known())
            {
                if let Err(refusal) = site.handle(&message, Fate::Answered) {
                    self.refusals.push((party, refusal));
                    break;
                }
            }
        }
    }

    fn figures(&self) -> Figures {
        let most = |bytes: fn(&Site<'rows, L>) -> u64| self.sites.iter().map(bytes).max();
        Figures {
            sums: self.counts.sums,
            units_closed: self.counts.units_closed,
            attempts_abandoned: self.counts.attempts_abandoned,
            bytes_up_max: most(|site| site.bytes_up).unwrap_or(0),
            bytes_down_max: most(|site| site.bytes_down).unwrap_or(0),
        }
    }
}

impl Counts {
    fn add(&mut self, event: &CoordinatorEvent) {
        match event {
            CoordinatorEvent::SumReleased { .. } => self.sums += 1,
            CoordinatorEvent::UnitClosed { .. } => self.units_closed += 1,
            CoordinatorEvent::AttemptAbandoned { .. } => self.attempts_abandoned += 1,
            _ => {}
        }
    }
}
