//! Five institutions and a coordinator around a table, with every message within reach.

use accord_learning::Query;

use crate::coordinator::{Coordinator, CoordinatorEvent, Fault};
use crate::message::{CoordinatorMessage, ParticipantMessage};
use crate::participant::{Answer, Participant, Refusal, Step};
use crate::plan::{LearnerPlan, StatisticPlan};
use crate::{Consortium, Draft, Hash, KeyedRng, Parties, Party, RingBits, Secret};

/// Coordinates of every answer.
pub const DIMENSION: usize = 3;
/// Rows × row bound.
pub const ANSWER_MAX: i64 = 1_000_000;

pub struct Table {
    pub consortium: Consortium,
    pub coordinator: Coordinator,
    /// The coordinator's events so far.
    pub events: Vec<CoordinatorEvent>,
    pub participants: Vec<Participant>,
    pub query: Query,
    pub model: Hash,
    pub values: Vec<Vec<i64>>,
    pub faults: Vec<Fault>,
    pub rng: KeyedRng,
}

impl Table {
    /// Keys are set up among five (t = 4); no round is open.
    pub fn ready() -> Self {
        let mut table = Self::new();
        table.open_batch();
        table.exchange_all(3);
        assert_eq!(table.coordinator.batch_members(), everybody());
        table
    }

    /// A round is open.
    pub fn in_round() -> Self {
        let mut table = Self::ready();
        table.open_round();
        table
    }

    pub fn new() -> Self {
        let draft = Draft {
            job: "table".to_owned(),
            parties: 5,
            colluders: 1,
            slots_per_batch: 4,
            rows_max: 1_000,
            statistics: vec![StatisticPlan {
                prefix: "sum".to_owned(),
                ring: RingBits::Bits40,
                fraction_bits: 0,
                row_bound: 1_000,
                dimension_max: 100,
                sums_max: 10,
                noise: None,
            }],
            privacy: None,
            learner: LearnerPlan {
                kind: "none".to_owned(),
                parameters: String::new(),
                start: "0".repeat(64),
            },
        };
        let mut rng = KeyedRng::new(&Secret::from_bytes([5; 32]));
        let consortium = Consortium::found(draft, &mut rng).expect("a sound plan");
        let agreed = &consortium.agreed;
        Self {
            coordinator: Coordinator::new(agreed.clone(), consortium.coordinator.clone())
                .expect("the coordinator"),
            participants: consortium
                .institutions
                .iter()
                .map(|identity| {
                    Participant::new(agreed.clone(), identity.clone()).expect("in the roster")
                })
                .collect(),
            events: Vec::new(),
            query: query("sum/a/1", 0),
            model: Hash::of("model", &[b"start"]),
            values: (0..5i64)
                .map(|party| vec![party, -party * 1_000, ANSWER_MAX])
                .collect(),
            faults: Vec::new(),
            consortium,
            rng,
        }
    }

    pub fn open_batch(&mut self) {
        let events = self.coordinator.open_batch(everybody()).expect("opens");
        self.events.extend(events);
    }

    pub fn open_round(&mut self) {
        let events = self
            .coordinator
            .open_round(&self.query, self.model, everybody())
            .expect("opens");
        self.events.extend(events);
    }

    /// What the coordinator asks of a participant now.
    pub fn request(&self, place: usize) -> CoordinatorMessage {
        let known = self.participants[place].rounds_known();
        self.coordinator
            .request_for(party(place), known)
            .expect("something is asked")
    }

    /// Asks a participant without moving it.
    pub fn ask(&mut self, place: usize, message: &CoordinatorMessage) -> Result<Step, Refusal> {
        let answer = Answer {
            query: &self.query,
            model: self.model,
            values: &self.values[place],
        };
        self.participants[place].decide(message, Some(&answer), &mut self.rng)
    }

    /// A participant follows a message and answers.
    pub fn follow(&mut self, place: usize, message: &CoordinatorMessage) -> ParticipantMessage {
        let step = self.ask(place, message).expect("follows");
        self.participants[place].apply(&step);
        step.reply.expect("answers")
    }

    /// The coordinator gets a message.
    pub fn deliver(&mut self, place: usize, message: ParticipantMessage) {
        match self.coordinator.receive(party(place), message) {
            Ok(events) => self.events.extend(events),
            Err(fault) => self.faults.push(fault),
        }
    }

    /// One request and one answer of each of these.
    pub fn exchange(&mut self, places: &[usize]) {
        let requests: Vec<_> = places.iter().map(|place| self.request(*place)).collect();
        for (place, request) in places.iter().zip(&requests) {
            let reply = self.follow(*place, request);
            self.deliver(*place, reply);
        }
    }

    /// The same of all, several times.
    pub fn exchange_all(&mut self, times: usize) {
        for _ in 0..times {
            self.exchange(&[0, 1, 2, 3, 4]);
        }
    }

    pub fn end_phase(&mut self) {
        let events = self.coordinator.end_phase();
        self.events.extend(events);
    }

    /// A second coordinator with the same past: what a dishonest one would show to others.
    pub fn twin(&self) -> Coordinator {
        Coordinator::restore(
            self.consortium.agreed.clone(),
            self.consortium.coordinator.clone(),
            &self.events,
        )
        .expect("the coordinator")
    }

    /// The total that was released last.
    pub fn released(&self) -> Option<Vec<i64>> {
        self.events.iter().rev().find_map(|event| match event {
            CoordinatorEvent::SumReleased { release } => Some(release.total.to_signed()),
            _ => None,
        })
    }

    pub fn sum_over(&self, parties: Parties) -> Vec<i64> {
        (0..DIMENSION)
            .map(|coordinate| {
                parties
                    .iter()
                    .map(|party| self.values[party.place()][coordinate])
                    .sum()
            })
            .collect()
    }

    pub fn blamed(&self) -> Vec<Fault> {
        self.events
            .iter()
            .filter_map(|event| match event {
                CoordinatorEvent::Blamed { fault } => Some(*fault),
                _ => None,
            })
            .collect()
    }
}

pub fn query(name: &str, unit: u32) -> Query {
    Query {
        name: name.to_owned(),
        unit,
        dimension: DIMENSION,
        row_bound: 1_000,
    }
}

pub fn party(place: usize) -> Party {
    Party::new(place).expect("small")
}

pub fn everybody() -> Parties {
    Parties::first(5)
}

pub fn without(place: usize) -> Parties {
    let mut all = everybody();
    all.remove(party(place));
    all
}
