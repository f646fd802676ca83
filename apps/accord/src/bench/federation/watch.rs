//! When rounds began and ended: a simulation asks who is there whenever it opens something.

use std::{cell::RefCell, collections::BTreeMap, time::Instant};

use accord_federation::{Parties, simulation::Weather};

/// Nothing goes wrong, and somebody looks at the clock.
#[derive(Default)]
pub struct Watch {
    /// For each round: when it was first asked for (keys may come first), and when its sum was opened.
    openings: RefCell<BTreeMap<u32, (Instant, Instant)>>,
}

impl Weather for Watch {
    fn present(&self, round: u32, everybody: Parties) -> Parties {
        let now = Instant::now();
        self.openings
            .borrow_mut()
            .entry(round)
            .and_modify(|(_, opened)| *opened = now)
            .or_insert((now, now));
        everybody
    }
}

impl Watch {
    /// Seconds of each round without the set-up of keys.
    pub fn round_seconds(&self) -> Vec<f64> {
        let openings = self.openings.borrow();
        openings
            .iter()
            .filter_map(|(round, (_, opened))| {
                let (next, _) = openings.get(&(round + 1))?;
                Some(next.duration_since(*opened).as_secs_f64())
            })
            .collect()
    }

    /// Seconds that went into keys.
    pub fn setup_seconds(&self) -> f64 {
        self.openings
            .borrow()
            .values()
            .map(|(asked, opened)| opened.duration_since(*asked).as_secs_f64())
            .sum()
    }
}
