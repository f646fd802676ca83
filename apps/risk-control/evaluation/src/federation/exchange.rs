//! The exchange of terminals' statistics among the banks of a table.

use std::time::Instant;

use accord_federation::Draft;
use accord_learning::entities::{
    CellWidth, EntityEvent, EntityEvents, EntityLearner, EntityNames, EntityPlan, Happening,
};
use accord_learning::{Learner, train_centrally};
use risk_control::MICROSECONDS_PER_DAY;

use super::others::Others;
use super::private::{Caps, Protection};
use super::report::ExchangeCosts;
use super::secure::{Driver, train};
use super::{Banks, FederationError};
use crate::{
    folds::Fold,
    replay::known_at_us,
    table::{LabelledTable, TableRow},
};

/// Days before the first training day of which terminals are known: the longest window, which ends a week ago.
const WINDOW_DAYS: i64 = 38;
/// Days of one exchange job. A job's participants keep every sum, so a year is not one job.
const JOB_DAYS: i64 = 7;
/// The longest vector that is summed at a time, in coordinates.
const DIMENSION_WANTED: usize = 1 << 20;

/// What is exchanged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Exact counts, by cells of this width.
    Exact(CellWidth),
    /// Counts by week in which a customer can change little, with noise that keeps this ε, if any.
    Private(Option<f64>),
}

impl Kind {
    fn width(self) -> CellWidth {
        match self {
            Self::Exact(width) => width,
            Self::Private(_) => CellWidth::Weekly,
        }
    }
}

/// What every bank learns of the others, in the order of the banks, and what that cost.
pub fn exchange(
    table: &LabelledTable,
    folds: &[Fold],
    banks: &Banks,
    kind: Kind,
    driver: &mut Driver,
) -> Result<(Vec<Others>, ExchangeCosts), FederationError> {
    let width = kind.width();
    let begun = Instant::now();
    let terminals = table.terminals();
    let names = EntityNames::listed("evaluation", terminals.iter().map(|id| &**id))
        .ok_or(FederationError::TooManyTerminals(terminals.len()))?;
    let places: Vec<u32> = terminals
        .iter()
        .map(|id| names.place_of(id).expect("every terminal is in the list"))
        .collect();
    let mut terminals_of = vec![Vec::new(); names.len()];
    for (terminal, place) in (0..).zip(&places) {
        terminals_of[*place as usize].push(terminal);
    }
    let events = events(table, banks, &places, names.len(), kind);
    let mut others: Vec<Others> = banks.rows.iter().map(|_| Others::default()).collect();
    let mut costs = ExchangeCosts::new(width);
    let jobs = match kind {
        Kind::Exact(_) => jobs(table, folds),
        // One budget, so one job.
        Kind::Private(_) => one_job(&jobs(table, folds)),
    };
    for (first_day, days) in jobs {
        let mut plan = plan(&names, width, first_day, days);
        let protection = match kind {
            Kind::Exact(_) => None,
            Kind::Private(epsilon) => {
                let dimension = 3 * names.len();
                let protection =
                    Protection::new(epsilon, banks.rows.len(), plan.release_count(), dimension);
                Some(protection.ok_or(FederationError::Epsilon)?)
            }
        };
        if let Some(protection) = protection {
            plan.noisy = protection.is_noisy();
            plan.age_cells_max = 0;
        }
        let learner = EntityLearner::new(plan.clone())?;
        let day_us = |day: i64| day * MICROSECONDS_PER_DAY;
        let (from_us, until_us) = (day_us(first_day), day_us(first_day + days));
        let learnt = events
            .iter()
            .map(|events| events.learnt_within(from_us, until_us).len());
        // The fewer rows the plan allows, the smaller the ring that holds their sum.
        let most = learnt.max().unwrap_or(0);
        let draft = Draft::entities(
            banks.rows.len(),
            most.max(1) as u64,
            &plan,
            protection.and_then(|one| one.plan()),
        );
        let rows: Vec<_> = events.iter().collect();
        costs.count_coordinates(&learner, plan.release_count());
        let (statistics, figures) = train(draft, learner.clone(), &rows, driver)?;
        costs.add(figures);
        for (others, own) in others.iter_mut().zip(&events) {
            let own = train_centrally(learner.clone(), own)?;
            others.add(&statistics.without(&own), &terminals_of, |totals| {
                protection.map_or(totals, |protection| protection.read(totals))
            });
        }
    }
    costs.seconds = begun.elapsed().as_secs_f64();
    Ok((others, costs))
}

/// First day and days of each exchange job.
fn jobs(table: &LabelledTable, folds: &[Fold]) -> Vec<(i64, i64)> {
    let day_of = |at_us: i64| at_us.div_euclid(MICROSECONDS_PER_DAY);
    let first = table
        .rows()
        .first()
        .map_or(0, |row| day_of(row.occurred_at_us));
    let wanted = folds.iter().map(|fold| fold.training_from - WINDOW_DAYS);
    // Jobs begin on cells of every width.
    let from = wanted
        .min()
        .map_or(first, |wanted| wanted.max(first))
        .div_euclid(JOB_DAYS)
        * JOB_DAYS;
    let until = folds.iter().map(|fold| fold.test_until).max();
    (from..until.unwrap_or(from))
        .step_by(JOB_DAYS as usize)
        .map(|day| (day, JOB_DAYS))
        .collect()
}

/// All jobs as one.
fn one_job(jobs: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let first = jobs.first().map(|(first, _)| *first);
    let days = jobs.iter().map(|(_, days)| days).sum();
    first.map(|first| (first, days)).into_iter().collect()
}

fn plan(names: &EntityNames, width: CellWidth, first_day: i64, days: i64) -> EntityPlan {
    let first_cell = width.cell_of(first_day * MICROSECONDS_PER_DAY);
    let end_cell = width.cell_of((first_day + days) * MICROSECONDS_PER_DAY);
    let plan = EntityPlan::new(
        names.clone(),
        width,
        first_cell,
        (end_cell - first_cell) as u32,
    );
    // Three measures. A bank's node would sum every cell as soon as it is over; here several are summed at a time, and
    // used as if each had been released by itself, which the sums do not show.
    let cells = DIMENSION_WANTED / (3 * names.len());
    EntityPlan {
        cells_per_release: plan.cells_per_release.min(cells as u32).max(1),
        ..plan
    }
}

/// What every bank saw, in the order in which it learnt of it.
fn events(
    table: &LabelledTable,
    banks: &Banks,
    places: &[u32],
    place_count: usize,
    kind: Kind,
) -> Vec<EntityEvents> {
    let of_bank = |rows: &Vec<u32>| {
        // Rows come in the order of time, and so do the frauds among them.
        let (mut uses, mut frauds) = (Caps::uses(), Caps::frauds());
        let all = matches!(kind, Kind::Exact(_));
        let mut learnt: Vec<EntityEvent> = rows
            .iter()
            .map(|index| &table.rows()[*index as usize])
            .flat_map(|row| {
                let used = used(row, places);
                let confirmed = confirmed(row, places);
                [
                    Some(used).filter(|event| all || uses.counts(row, event.learnt_us)),
                    confirmed.filter(|event| all || frauds.counts(row, event.learnt_us)),
                ]
            })
            .flatten()
            .collect();
        learnt.sort_by_key(|event| event.learnt_us);
        let mut events = EntityEvents::new(place_count);
        for event in learnt {
            events.push(event).expect("every terminal has a place");
        }
        events
    };
    banks.rows.iter().map(of_bank).collect()
}

fn used(row: &TableRow, places: &[u32]) -> EntityEvent {
    EntityEvent {
        place: places[row.terminal as usize],
        learnt_us: row.occurred_at_us,
        happening: Happening::Used {
            amount_minor: row.amount_minor.max(0).cast_unsigned(),
        },
    }
}

fn confirmed(row: &TableRow, places: &[u32]) -> Option<EntityEvent> {
    row.fraud.then(|| EntityEvent {
        place: places[row.terminal as usize],
        learnt_us: known_at_us(row),
        happening: Happening::FraudConfirmed {
            happened_us: row.occurred_at_us,
        },
    })
}

impl ExchangeCosts {
    fn count_coordinates(&mut self, learner: &EntityLearner, releases: u32) {
        let dimension = learner.next_query().map_or(0, |query| query.dimension);
        self.coordinates += dimension as u64 * u64::from(releases);
    }
}

#[cfg(test)]
mod tests {
    use accord_federation::{KeyedRng, Secret};
    use risk_control_simulator::{Simulation, SimulationSettings, write_handbook_csv};

    use super::*;
    use crate::{Settings, federation::SumPath, folds::folds};

    fn table() -> LabelledTable {
        let simulation =
            Simulation::new(SimulationSettings::miniature(31)).expect("sound settings");
        let mut file = Vec::new();
        write_handbook_csv(&mut file, simulation.days(0..45).flatten()).expect("memory");
        LabelledTable::read(file.as_slice()).expect("a sound table")
    }

    /// The table, its folds and its three banks.
    fn consortium() -> (LabelledTable, Vec<Fold>, Banks) {
        let table = table();
        let settings = Settings {
            training_days: 7,
            banks: 3,
            threads: 2,
            seed: 5,
        };
        let folds = folds(&table, 7).expect("long enough");
        let banks = Banks::of(&table, settings);
        (table, folds, banks)
    }

    fn driver(path: SumPath) -> Driver {
        Driver {
            path,
            threads: 2,
            entropy: KeyedRng::new(&Secret::from_bytes([9; 32])),
        }
    }

    fn uses(others: &[Others]) -> u64 {
        let cells = others.iter().flat_map(Others::known);
        cells.map(|(_, (_, cell))| cell.uses).sum()
    }

    #[test]
    fn private_exchanges_are_capped_and_noise_covers_them_within_its_budget() {
        let (table, folds, banks) = consortium();
        let exchanged = |kind| {
            let mut driver = driver(SumPath::Secure);
            exchange(&table, &folds, &banks, kind, &mut driver)
                .expect("a plan that keeps its budget")
                .0
        };
        let exact = exchanged(Kind::Exact(CellWidth::Weekly));
        let capped = exchanged(Kind::Private(None));
        let noisy = exchanged(Kind::Private(Some(8.0)));
        assert!(uses(&capped) > 0 && uses(&capped) < uses(&exact));
        for (capped, noisy) in capped.iter().zip(&noisy) {
            assert_ne!(capped.known(), noisy.known());
        }
    }

    #[test]
    fn secure_and_plain_exchanges_tell_every_bank_the_same() {
        let (table, folds, banks) = consortium();
        let exchanged = |path| {
            let kind = Kind::Exact(CellWidth::Daily);
            exchange(&table, &folds, &banks, kind, &mut driver(path)).expect("sums")
        };
        let (plain, _) = exchanged(SumPath::Plain);
        let (secure, costs) = exchanged(SumPath::Secure);
        assert!(costs.sums > 0);
        for (plain, secure) in plain.iter().zip(&secure) {
            assert_eq!(plain.known(), secure.known());
        }
        // Every use that lies within the exchange is known to the two banks that it was not at.
        let first_us = jobs(&table, &folds)[0].0 * MICROSECONDS_PER_DAY;
        let inside = table
            .rows()
            .iter()
            .filter(|row| row.occurred_at_us >= first_us);
        assert_eq!(uses(&plain), 2 * inside.count() as u64);
    }
}
