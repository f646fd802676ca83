//! An institution with rows in memory, and what the same rows lead to in one place.

use std::sync::{Arc, Mutex};

use accord_federation::{Entry, Transcript};
use accord_federation_node::participant::{FederatedResult, FixedLog, Institution, RowsWanted};
use accord_federation_node::task::{Feature, FeatureSets, Task};
use accord_learning::gbdt::{GbdtLearner, GbdtWorkspace};
use accord_learning::logistic::FeaturePlan;
use accord_learning::{Learner, TrainingRows};
use futures::FutureExt;
use futures::future::BoxFuture;

pub const FEATURES: [&str; 3] = ["amount", "night", "terminal"];
const DAY_US: i64 = 86_400_000_000;
/// Days of each institution's history; the last ones are held out.
pub const DAYS: i64 = 10;
pub const HELD_OUT_DAYS: u16 = 2;

/// An institution with rows in memory: so many a day, which follow from the seed.
pub struct Bank {
    seed: u64,
    rows_a_day: u64,
    pub received: Mutex<Vec<FederatedResult>>,
}

impl Bank {
    fn new(seed: u64, rows_a_day: u64) -> Arc<Self> {
        Arc::new(Self {
            seed,
            rows_a_day,
            received: Mutex::default(),
        })
    }

    /// The bank at a place of the roster; no two are of one size.
    pub fn of_place(place: usize) -> Arc<Self> {
        Self::new(place as u64 + 1, 60 + 30 * place as u64)
    }

    /// All rows before (or from) the held-out days.
    pub fn rows_between(&self, from_us: i64, until_us: i64) -> TrainingRows {
        let mut rows = TrainingRows::new(FEATURES.len());
        for day in 0..DAYS {
            for number in 0..self.rows_a_day {
                let at_us = day * DAY_US + i64::try_from(number).unwrap();
                if !(from_us..until_us).contains(&at_us) {
                    continue;
                }
                let draw = mixed(self.seed ^ (day.unsigned_abs() << 32) ^ number);
                let amount = (draw % 1_000) as f64;
                let night = f64::from(u8::from(draw >> 20 & 3 == 0));
                let terminal = ((draw >> 24) % 50) as f64 / 50.0;
                let fraud = amount > 800.0 && night > 0.5 || terminal > 0.9 && draw >> 40 & 3 == 0;
                rows.push(draw, &[amount, night, terminal], fraud).unwrap();
            }
        }
        rows
    }

    pub fn training_rows(&self) -> TrainingRows {
        self.rows_between(0, (DAYS - i64::from(HELD_OUT_DAYS)) * DAY_US)
    }
}

fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for multiplier in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        mixed = (mixed ^ (mixed >> 31)).wrapping_mul(multiplier);
    }
    mixed ^ (mixed >> 29)
}

impl Institution for Bank {
    fn fix_log(&self) -> FixedLog {
        FixedLog {
            through: 1,
            cutoff_us: DAYS * DAY_US,
            labelled_until_us: DAYS * DAY_US,
        }
    }

    fn rows(&self, wanted: RowsWanted) -> BoxFuture<'_, Result<TrainingRows, String>> {
        let rows = self.rows_between(wanted.occurred_us.start, wanted.occurred_us.end);
        futures::future::ready(Ok(rows)).boxed()
    }

    fn receive(&self, found: FederatedResult) -> BoxFuture<'_, Result<(), String>> {
        self.received.lock().unwrap().push(found);
        futures::future::ready(Ok(())).boxed()
    }
}

pub fn features() -> FeatureSets {
    let feature = |name: &str| Feature {
        name: name.to_owned(),
        logistic: FeaturePlan::heavy_tailed(name),
    };
    [("test".to_owned(), FEATURES.map(feature).to_vec())].into()
}

/// The training rows of some banks in one table.
pub fn pooled(banks: &[Arc<Bank>], places: impl IntoIterator<Item = usize>) -> TrainingRows {
    let mut all = TrainingRows::new(FEATURES.len());
    for place in places {
        let rows = banks[place].training_rows();
        for (row, (features, label)) in rows.iter().enumerate() {
            all.push(rows.ids()[row], features, label).unwrap();
        }
    }
    all
}

/// The trees of rows in one place, each sum over those who took part in it; every released sum is the plain one.
pub fn pooled_course(banks: &[Arc<Bank>], transcript: &Transcript) -> String {
    let task = Task::of(transcript.agreed.plan()).expect("a task of ours");
    let Task::Gbdt(training) = task else {
        panic!("not the task that was ordered");
    };
    let mut learner = GbdtLearner::new(training.learner).unwrap();
    for entry in &transcript.entries {
        match entry {
            Entry::Release(release) => {
                let survivors = release.header.body.survivors;
                let rows = pooled(banks, survivors.iter().map(|party| party.place()));
                let plain = learner
                    .answer(&rows, &mut GbdtWorkspace::default())
                    .unwrap();
                assert_eq!(plain, release.total.to_signed(), "a wrong sum");
                learner.absorb(&plain).unwrap();
            }
            Entry::Closure(_) => learner.close_unit(),
            _ => {}
        }
    }
    learner.progress_hash()
}
