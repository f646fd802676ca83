//! Anybody may die at any message, and the sum is the same.

use accord_federation::Parties;
use accord_federation::simulation::{Fate, Moment, Simulation, Stage, Weather};

use crate::support::{Sums, consortium, party, plain_sum, seed, vectors};

/// One participant dies once, at one stage.
struct OneDeath {
    stage: Stage,
    party: usize,
    fate: Fate,
    died: bool,
}

impl Weather for OneDeath {
    fn fate(&mut self, moment: Moment) -> Fate {
        let here = moment.stage == self.stage && moment.party == party(self.party);
        if here && !self.died && moment.round <= 1 {
            self.died = true;
            return self.fate;
        }
        Fate::Answered
    }
}

/// The coordinator dies after one of its events.
struct CoordinatorDies {
    after: usize,
    died: bool,
}

impl Weather for CoordinatorDies {
    fn coordinator_dies(&mut self, events: usize) -> bool {
        let now = events == self.after && !self.died;
        self.died |= now;
        now
    }
}

/// Runs two sums of one unit.
fn check(weather: &mut impl Weather, what: &str) {
    let learner = Sums::new(&["sum/a/1", "sum/a/2"], 4);
    let all = vectors(4, 2, 4);
    let rows: Vec<_> = all.iter().collect();
    let mut simulation =
        Simulation::new(consortium(4, &learner), learner, &rows, &seed(3)).expect("sound");
    let outcome = simulation.run(weather).expect(what);
    for (query, (_, total)) in outcome.model.iter().enumerate() {
        assert_eq!(*total, plain_sum(&all, query, Parties::first(4)), "{what}");
    }
    assert_eq!(outcome.model.len(), 2, "{what}");
}

#[test]
fn a_participant_that_dies_at_any_message_goes_on_where_it_was() {
    for stage in Stage::ALL {
        for fate in [Fate::DiesBeforeStoring, Fate::DiesBeforeAnswering] {
            for party in [0, 3] {
                let mut weather = OneDeath {
                    stage,
                    party,
                    fate,
                    died: false,
                };
                check(&mut weather, &format!("{party} {fate:?} at {stage:?}"));
                assert!(weather.died);
            }
        }
    }
}

#[test]
fn a_coordinator_that_dies_after_any_event_goes_on_where_it_was() {
    let mut after = 1;
    loop {
        let mut weather = CoordinatorDies { after, died: false };
        check(&mut weather, &format!("dies after event {after}"));
        if !weather.died {
            break;
        }
        after += 1;
    }
    assert!(after > 40, "only {after} events");
}
