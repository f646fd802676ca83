//! Whoever drops out, whenever: the plain sum over the right institutions, or a clean stop.

use accord_federation::simulation::{Simulation, SimulationError, Stage};
use accord_federation::{Parties, Secret};

use crate::support::{Leaving, Sums, consortium, draft, found, party, plain_sum, vectors};

/// Every subset of the parties leaves at one stage.
fn check(parties: usize, survivors_min: usize, stage: Stage) {
    let learner = Sums::new(&["sum/one"], 4);
    let mut draft = draft(parties, &learner);
    draft.slots_per_batch = 1;
    let consortium = found(draft);
    let all = vectors(parties, 1, 4);
    let rows: Vec<_> = all.iter().collect();
    let everybody = Parties::first(parties);
    for pattern in 0u64..1 << parties {
        let leaving: Parties = everybody
            .iter()
            .filter(|party| pattern >> party.place() & 1 == 1)
            .collect();
        let seed = Secret::from_bytes([pattern as u8; 32]);
        let mut simulation =
            Simulation::new(consortium.clone(), learner.clone(), &rows, &seed).expect("sound");
        let outcome = simulation.run(&mut Leaving::new(leaving, stage, 0));
        let what = format!("{parties} parties, {leaving:?} leave at {stage:?}");
        if parties - leaving.len() < survivors_min {
            assert!(
                matches!(outcome, Err(SimulationError::Paused(_))),
                "{what}: {outcome:?}"
            );
            continue;
        }
        // An answer that arrived is in the sum, even if its owner is gone by the time the masks come off.
        let summed = match stage {
            Stage::Signature | Stage::Unmasking => everybody,
            _ => everybody.without(leaving),
        };
        let model = outcome.expect(&what).model;
        assert_eq!(model[0].1, plain_sum(&all, 0, summed), "{what}");
        assert_eq!(simulation.refusals(), [], "{what}");
    }
}

#[test]
fn with_enough_left_the_sum_is_the_plain_one_and_with_fewer_nothing_is_released() {
    for stage in [
        Stage::Keys,
        Stage::Shares,
        Stage::Verdict,
        Stage::Input,
        Stage::Signature,
        Stage::Unmasking,
    ] {
        check(3, 3, stage);
        check(4, 3, stage);
        check(5, 4, stage);
    }
}

#[test]
fn within_a_unit_a_drop_out_closes_it_and_the_next_unit_goes_on_with_the_others() {
    let queries = ["sum/a/1", "sum/a/2", "sum/a/3"];
    let learner = Sums::new(&queries, 4);
    let all = vectors(5, 3, 4);
    let rows: Vec<_> = all.iter().collect();
    let gone: Parties = [party(2)].into_iter().collect();
    for round in 0..3 {
        let mut simulation = Simulation::new(
            consortium(5, &learner),
            learner.clone(),
            &rows,
            &crate::support::seed(7),
        )
        .expect("sound");
        let outcome = simulation
            .run(&mut Leaving::new(gone, Stage::Input, round))
            .expect("goes on");
        let everybody = Parties::first(5);
        if round == 0 {
            // At the first sum of a unit the others are simply the unit.
            let others = everybody.without(gone);
            for (query, (_, total)) in outcome.model.iter().enumerate() {
                assert_eq!(*total, plain_sum(&all, query, others));
            }
            assert_eq!(outcome.model.len(), 3);
            assert_eq!(outcome.figures.units_closed, 0);
        } else {
            assert_eq!(outcome.model.len(), round as usize);
            for (query, (_, total)) in outcome.model.iter().enumerate() {
                assert_eq!(*total, plain_sum(&all, query, everybody));
            }
            assert_eq!(outcome.figures.units_closed, 1);
        }
    }
}
