//! Opening a batch of keys.

use super::{BatchState, CannotOpen, Coordinator, CoordinatorEvent, RoundState};
use crate::parties::Parties;

impl Coordinator {
    /// Asks for keys. Whoever of the roster is `present` is awaited.
    pub fn open_batch(&mut self, present: Parties) -> Result<Vec<CoordinatorEvent>, CannotOpen> {
        let busy = !matches!(self.state.round, RoundState::None)
            || !matches!(self.state.batch, BatchState::None | BatchState::Ready(_));
        if busy {
            return Err(CannotOpen::Busy);
        }
        let invited = present.and(self.agreed.parties());
        self.check_enough(invited)?;
        let event = CoordinatorEvent::BatchOpened {
            batch: self.state.batches,
            invited,
        };
        self.apply(&event);
        Ok(vec![event])
    }

    pub(super) fn check_enough(&self, present: Parties) -> Result<(), CannotOpen> {
        let needed = self.survivors_min();
        if present.len() < needed {
            return Err(CannotOpen::TooFewPresent {
                actual: present.len(),
                needed,
            });
        }
        Ok(())
    }
}
