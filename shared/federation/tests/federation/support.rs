//! A learner that learns nothing but sums, and consortia for it.

use accord_federation::plan::{LearnerPlan, NoisePlan, PrivacyPlan, StatisticPlan};
use accord_federation::simulation::{Fate, Moment, Stage, Weather};
use accord_federation::{Consortium, Draft, KeyedRng, Parties, Party, RingBits, Secret};
use accord_learning::{AbsorbError, AnswerError, Learner, Query, content_hash};
use serde::Serialize;

/// Asks for vectors one after the other; its model is their sums. Each name before the slash is a unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sums {
    pub queries: Vec<String>,
    pub dimension: usize,
    pub row_bound: u64,
    position: usize,
    closed: u32,
    asked_in_unit: u32,
    pub totals: Vec<(String, Vec<i64>)>,
}

/// One vector for each query.
pub type Vectors = Vec<Vec<i64>>;

impl Sums {
    pub fn new(queries: &[&str], dimension: usize) -> Self {
        Self {
            queries: queries.iter().map(|name| (*name).to_owned()).collect(),
            dimension,
            row_bound: 1_000,
            position: 0,
            closed: 0,
            asked_in_unit: 0,
            totals: Vec::new(),
        }
    }

    fn group(&self, position: usize) -> Option<&str> {
        self.queries.get(position)?.split('/').next()
    }

    fn unit(&self) -> u32 {
        let groups = (1..=self.position)
            .filter(|at| self.group(*at) != self.group(at - 1))
            .count();
        groups as u32 + self.closed
    }
}

impl Learner for Sums {
    type Rows = Vectors;
    type Workspace = ();
    type Model = Vec<(String, Vec<i64>)>;

    fn next_query(&self) -> Option<Query> {
        Some(Query {
            name: self.queries.get(self.position)?.clone(),
            unit: self.unit(),
            dimension: self.dimension,
            row_bound: self.row_bound,
        })
    }

    fn answer(&self, rows: &Vectors, _workspace: &mut ()) -> Result<Vec<i64>, AnswerError> {
        rows.get(self.position)
            .cloned()
            .ok_or(AnswerError::Finished)
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        let name = self
            .queries
            .get(self.position)
            .ok_or(AbsorbError::Finished)?;
        self.totals.push((name.clone(), total.to_vec()));
        self.asked_in_unit += 1;
        if self.group(self.position) != self.group(self.position + 1) {
            self.asked_in_unit = 0;
        }
        self.position += 1;
        Ok(())
    }

    fn close_unit(&mut self) {
        if self.asked_in_unit > 0 {
            let group = self.group(self.position).map(str::to_owned);
            while self.position < self.queries.len()
                && self.group(self.position).map(str::to_owned) == group
            {
                self.position += 1;
            }
            self.asked_in_unit = 0;
        } else {
            self.closed += 1;
        }
    }

    fn model(&self) -> Option<&Self::Model> {
        (self.position >= self.queries.len()).then_some(&self.totals)
    }

    fn progress_hash(&self) -> String {
        content_hash(self)
    }
}

/// Vectors of every party, a function of party, query and coordinate.
pub fn vectors(parties: usize, queries: usize, dimension: usize) -> Vec<Vectors> {
    let value = |party: usize, query: usize, coordinate: usize| {
        let mixed = (party * 7_919 + query * 104_729 + coordinate * 31 + 5) as i64;
        mixed * 2_654_435_761 % 100_000 - 50_000
    };
    (0..parties)
        .map(|party| {
            (0..queries)
                .map(|query| {
                    (0..dimension)
                        .map(|coordinate| value(party, query, coordinate))
                        .collect()
                })
                .collect()
        })
        .collect()
}

/// The plain sum of one query over some of the parties.
pub fn plain_sum(all: &[Vectors], query: usize, over: Parties) -> Vec<i64> {
    let dimension = all[0][query].len();
    (0..dimension)
        .map(|coordinate| {
            over.iter()
                .map(|party| all[party.place()][query][coordinate])
                .sum()
        })
        .collect()
}

pub fn party(place: usize) -> Party {
    Party::new(place).expect("a small number")
}

pub fn seed(byte: u8) -> Secret {
    Secret::from_bytes([byte; 32])
}

pub fn statistic(ring: RingBits) -> StatisticPlan {
    StatisticPlan {
        prefix: "sum".to_owned(),
        ring,
        fraction_bits: 0,
        row_bound: 1_000,
        dimension_max: 64,
        sums_max: 1_000,
        noise: None,
    }
}

pub fn draft(parties: usize, learner: &Sums) -> Draft {
    Draft {
        job: "test".to_owned(),
        parties,
        colluders: 0,
        slots_per_batch: 3,
        rows_max: 1_000,
        statistics: vec![statistic(RingBits::Bits40)],
        privacy: None,
        learner: LearnerPlan::of("sums", "{}".to_owned(), learner),
    }
}

pub fn found(draft: Draft) -> Consortium {
    Consortium::found(draft, &mut KeyedRng::new(&seed(1))).expect("a sound plan")
}

pub fn consortium(parties: usize, learner: &Sums) -> Consortium {
    found(draft(parties, learner))
}

pub fn noisy(learner: &Sums, variance: u64, epsilon_max: f64) -> Draft {
    let mut draft = draft(5, learner);
    draft.statistics[0].noise = Some(NoisePlan {
        sensitivity: 10,
        variance,
    });
    draft.statistics[0].sums_max = 2;
    draft.privacy = Some(PrivacyPlan {
        epsilon_max,
        delta: 1e-6,
    });
    draft
}

/// Some parties go away when they are first asked at a stage of a round, for good.
pub struct Leaving {
    pub who: Parties,
    pub stage: Stage,
    pub round: u32,
    pub gone: bool,
}

impl Leaving {
    pub fn new(who: Parties, stage: Stage, round: u32) -> Self {
        Self {
            who,
            stage,
            round,
            gone: false,
        }
    }
}

impl Weather for Leaving {
    fn present(&self, _round: u32, everybody: Parties) -> Parties {
        if self.gone {
            everybody.without(self.who)
        } else {
            everybody
        }
    }

    fn fate(&mut self, moment: Moment) -> Fate {
        if moment.round == self.round && moment.stage == self.stage {
            self.gone = true;
        }
        if self.gone && self.who.contains(moment.party) {
            Fate::Lost
        } else {
            Fate::Answered
        }
    }
}
