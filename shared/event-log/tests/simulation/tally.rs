//! What happened in simulations, to see that enough did: one in which hardly anything happens would prove nothing.

use std::ops::AddAssign;

use crate::clients::{Clients, Settled};

#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub commits: u64,
    pub faults: u64,
    pub take_overs: u64,
    pub control_take_overs: u64,
    pub recoveries: u64,
    pub snapshots: u64,
    pub adoptions: u64,
    /// Batches that were decided while the one before was on its way.
    pub decided_ahead: u64,
    committed: u64,
    repeated: u64,
    refused: u64,
    rejected: u64,
    found_in_archive: u64,
}

impl Tally {
    /// Counts what the clients were told.
    pub fn count(&mut self, clients: &Clients) {
        for acknowledgement in clients.acknowledgements() {
            match &acknowledgement.answer {
                Settled::Committed(_) => self.committed += 1,
                Settled::Repeated(_) => self.repeated += 1,
                Settled::Refused(_) => self.refused += 1,
                Settled::Rejected(_) => self.rejected += 1,
            }
        }
        self.found_in_archive += clients.found_in_archive();
    }

    /// Every kind of thing happened, and often.
    pub fn assert_eventful(&mut self) {
        assert!(self.counts().iter().all(|count| **count > 300), "{self:#?}");
    }

    fn counts(&mut self) -> [&mut u64; 13] {
        [
            &mut self.commits,
            &mut self.faults,
            &mut self.take_overs,
            &mut self.control_take_overs,
            &mut self.recoveries,
            &mut self.snapshots,
            &mut self.adoptions,
            &mut self.decided_ahead,
            &mut self.committed,
            &mut self.repeated,
            &mut self.refused,
            &mut self.rejected,
            &mut self.found_in_archive,
        ]
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, mut other: Self) {
        for (total, count) in self.counts().into_iter().zip(other.counts()) {
            *total += *count;
        }
    }
}
