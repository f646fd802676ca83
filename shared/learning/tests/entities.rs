//! Entity statistics: the sums of all holders are what one holder of everything would count.

#[expect(dead_code, reason = "only the generator is needed here")]
mod synthetic;

use accord_learning::entities::{
    CellTotals, CellWidth, EntityEvent, EntityEvents, EntityLearner, EntityNames, EntityPlan,
    EntityStatistics, Happening,
};
use accord_learning::{AbsorbError, Learner, train_centrally, train_over_holders};
use proptest::prelude::*;
use synthetic::Generator;

const HOUR: i64 = 3_600_000_000;
const PLACES: u32 = 7;
const CELLS: u32 = 60;

fn plan(width: CellWidth) -> EntityPlan {
    EntityPlan {
        amount_minor_max: Some(5_000),
        ..EntityPlan::new(EntityNames::hashed("salt", PLACES), width, 100, CELLS)
    }
}

fn learner(width: CellWidth) -> EntityLearner {
    EntityLearner::new(plan(width)).expect("a sound plan")
}

/// Uses and frauds around the cells of the plan; some lie before or after them.
fn events(seed: u64, width: CellWidth, count: usize) -> Vec<EntityEvent> {
    let mut generator = Generator::new(seed);
    let span = width.microseconds() * i64::from(CELLS + 10);
    let begin = width.microseconds() * 95;
    (0..count)
        .map(|_| {
            let learnt_us = begin + (generator.next() % span.unsigned_abs()).cast_signed();
            let happened_us = learnt_us - (generator.next() % (300 * 24)).cast_signed() * HOUR;
            let happening = match generator.below(10) {
                0 | 1 => Happening::FraudConfirmed { happened_us },
                2 => Happening::FraudRetracted { happened_us },
                _ => Happening::Used {
                    amount_minor: generator.next() % 10_000,
                },
            };
            EntityEvent {
                place: generator.below(PLACES as usize) as u32,
                learnt_us,
                happening,
            }
        })
        .collect()
}

fn collected<'event>(events: impl IntoIterator<Item = &'event EntityEvent>) -> EntityEvents {
    let mut collected = EntityEvents::new(PLACES as usize);
    for event in events {
        collected.push(*event).expect("a known place");
    }
    collected
}

fn exchanged(width: CellWidth, holders: &[EntityEvents]) -> EntityStatistics {
    let holders: Vec<_> = holders.iter().collect();
    train_over_holders(learner(width), &holders).expect("sums")
}

/// What a plain count over all events gives.
fn counted(width: CellWidth, events: &[EntityEvent], number: i64, place: u32) -> CellTotals {
    let mut totals = CellTotals::default();
    let inside = events
        .iter()
        .filter(|event| event.place == place && width.cell_of(event.learnt_us) == number);
    let oldest = 120 * 24 * HOUR / width.microseconds();
    for event in inside {
        let age = |happened_us| (number - width.cell_of(happened_us)).clamp(0, oldest);
        match event.happening {
            Happening::Used { amount_minor } => {
                totals.uses += 1;
                totals.amount_minor += amount_minor.min(5_000).cast_signed();
            }
            Happening::FraudConfirmed { happened_us } => {
                totals.frauds += 1;
                totals.age_cells += age(happened_us);
            }
            Happening::FraudRetracted { happened_us } => {
                totals.frauds -= 1;
                totals.age_cells -= age(happened_us);
            }
        }
    }
    totals
}

const WIDTHS: [CellWidth; 4] = [
    CellWidth::Hourly,
    CellWidth::SixHourly,
    CellWidth::Daily,
    CellWidth::Weekly,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_spread_over_holders_gives_the_counts_of_everything(
        seed in any::<u64>(),
        count in 0_usize..400,
        holders in 1_usize..6,
        width in prop::sample::select(WIDTHS.to_vec()),
    ) {
        let events = events(seed, width, count);
        let mut generator = Generator::new(seed ^ 1);
        // One holder has nothing, and one a single event.
        let mut parts = vec![Vec::new(); holders + 2];
        for (index, event) in events.iter().enumerate() {
            let holder = if index == 0 { 1 } else { 2 + generator.below(holders) };
            parts[holder].push(*event);
        }
        let parts: Vec<_> = parts.iter().map(collected).collect();
        let together = train_centrally(learner(width), &collected(&events)).expect("sums");
        let spread = exchanged(width, &parts);
        prop_assert_eq!(together.content_hash(), spread.content_hash());
        for cell in spread.cells() {
            for place in 0..PLACES {
                let expected = counted(width, &events, cell.number, place);
                prop_assert_eq!(spread.totals(cell.number, place), expected);
            }
        }
        prop_assert_eq!(spread.cells().len(), CELLS as usize);
    }

    #[test]
    fn without_ones_own_is_what_the_others_saw(seed in any::<u64>(), count in 0_usize..300) {
        let width = CellWidth::SixHourly;
        let events = events(seed, width, count);
        let (own, others): (Vec<_>, Vec<_>) = events.iter().partition(|event| event.learnt_us % 3 == 0);
        let parts = [own, others].map(collected);
        let all = exchanged(width, &parts);
        let own = train_centrally(learner(width), &parts[0]).expect("sums");
        let rest = all.without(&own);
        let expected = train_centrally(learner(width), &parts[1]).expect("sums");
        prop_assert_eq!(rest, expected);
    }
}

#[test]
fn a_release_may_be_asked_for_once_its_cells_are_over_and_no_cell_is_in_two() {
    let mut learner = learner(CellWidth::Hourly);
    let mut releases = Vec::new();
    while let Some(query) = learner.next_query() {
        let over_us = learner.next_release_us().expect("a release");
        releases.push((query.name.clone(), over_us / HOUR, query.dimension));
        learner.absorb(&vec![0; query.dimension]).expect("zeros");
    }
    let cell = PLACES as usize * 4;
    // 60 cells from number 100 on, 24 to a release.
    let expected = [(0, 124, 24), (1, 148, 24), (2, 160, 12)]
        .map(|(release, over, cells)| (format!("entities/{release}"), over, cells * cell));
    assert_eq!(releases, expected);
    let numbers = learner.statistics().cells().iter().map(|cell| cell.number);
    assert!(numbers.eq(100..160));
}

#[test]
fn a_fraud_that_is_confirmed_and_taken_back_leaves_nothing_in_the_end() {
    let width = CellWidth::Daily;
    let day = 24 * HOUR;
    let happened_us = 105 * day;
    let mut events = EntityEvents::new(PLACES as usize);
    for (learnt, happening) in [
        (112, Happening::FraudConfirmed { happened_us }),
        (120, Happening::FraudRetracted { happened_us }),
    ] {
        let event = EntityEvent {
            place: 3,
            learnt_us: learnt * day,
            happening,
        };
        events.push(event).expect("a known place");
    }
    let statistics = train_centrally(learner(width), &events).expect("sums");
    let totals = |number| statistics.totals(number, 3);
    assert_eq!((totals(112).frauds, totals(112).age_cells), (1, 7));
    assert_eq!((totals(120).frauds, totals(120).age_cells), (-1, -15));
    // Each says when it happened: the cell of knowledge less the age.
    assert_eq!(112 - totals(112).age_cells, 105);
    assert_eq!(120 + totals(120).age_cells, 105);
}

#[test]
fn a_closed_release_stays_unknown_and_the_next_one_is_asked_for() {
    let mut learner = learner(CellWidth::Hourly);
    let start = learner.progress_hash();
    learner.close_unit();
    assert_ne!(learner.progress_hash(), start);
    let query = learner.next_query().expect("a release");
    assert_eq!((query.name.as_str(), query.unit), ("entities/1", 1));
    learner.absorb(&vec![0; query.dimension]).expect("zeros");
    assert_eq!(learner.statistics().cells()[0].number, 124);
}

#[test]
fn counts_below_zero_are_refused_unless_there_is_noise() {
    let absorb = |noisy: bool, coordinate: usize| {
        let plan = EntityPlan {
            noisy,
            ..plan(CellWidth::Hourly)
        };
        let mut learner = EntityLearner::new(plan).expect("a sound plan");
        let mut total = vec![0; learner.next_query().expect("a release").dimension];
        total[coordinate] = -1;
        learner.absorb(&total)
    };
    for coordinate in [0, 4, 7] {
        let refused = absorb(false, coordinate);
        assert!(
            matches!(refused, Err(AbsorbError::Impossible { coordinate: at, .. }) if at == coordinate)
        );
        assert_eq!(absorb(true, coordinate), Ok(()));
    }
    // Frauds and their ages are signed.
    assert_eq!(absorb(false, 1), Ok(()));
    assert_eq!(absorb(false, 2), Ok(()));
}

#[test]
fn plans_without_entities_or_cells_are_refused() {
    let refused = |change: fn(&mut EntityPlan)| {
        let mut plan = plan(CellWidth::Daily);
        change(&mut plan);
        EntityLearner::new(plan).is_err()
    };
    assert!(refused(|plan| plan.names = EntityNames::hashed("salt", 0)));
    assert!(refused(|plan| plan.cell_count = 0));
    assert!(refused(|plan| plan.cells_per_release = 0));
    assert!(refused(|plan| plan.first_cell = i64::MIN));
    assert!(refused(|plan| plan.amount_minor_max = Some(1 << 48)));
    assert!(!refused(|_| ()));
}

#[test]
fn events_of_other_places_are_refused() {
    let mut events = EntityEvents::new(PLACES as usize + 1);
    let happening = Happening::Used { amount_minor: 1 };
    let event = EntityEvent {
        place: PLACES,
        learnt_us: 0,
        happening,
    };
    events.push(event).expect("a known place");
    assert!(learner(CellWidth::Daily).answer(&events, &mut ()).is_err());
}
