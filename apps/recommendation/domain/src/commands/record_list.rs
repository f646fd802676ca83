//! Record that a list was shown.

use crate::{
    commands::{Introduction, Rejection},
    events::{Event, ListServed},
    state::ShopperPartition,
};

/// Record that a list was shown, with everything that makes it again.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordList {
    pub introduction: Introduction,
    pub served: ListServed,
}

impl RecordList {
    pub(crate) fn decide(&self, state: &ShopperPartition) -> Result<Vec<Event>, Rejection> {
        state.refuse_erased(self.served.shopper)?;
        let served = Event::ListServed(self.served.clone());
        let introduced = self.introduction.event(state, self.served.shopper);
        Ok(std::iter::once(served).chain(introduced).collect())
    }
}
