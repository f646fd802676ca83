//! What one holder saw of entities.

use thiserror::Error;

/// What happened at an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// It was used, for an amount in minor units.
    Used {
        /// Amount in minor units.
        amount_minor: u64,
    },
    /// A use turned out to be fraud.
    FraudConfirmed {
        /// When it had happened (epoch microseconds).
        happened_us: i64,
    },
    /// A use that was confirmed as fraud turned out to be genuine after all.
    FraudRetracted {
        /// When it had happened (epoch microseconds).
        happened_us: i64,
    },
}

/// Something that happened, when the holder learnt of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityEvent {
    /// The entity's place; see [`EntityNames::place_of`](super::EntityNames::place_of).
    pub place: u32,
    /// When the holder learnt of it (epoch microseconds).
    pub learnt_us: i64,
    /// What it was.
    pub happening: Happening,
}

/// All that one holder saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityEvents {
    place_count: usize,
    /// In the order in which they were learnt.
    events: Vec<EntityEvent>,
}

/// Why an event was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EventError {
    /// There is no such place.
    #[error("place {place} of {place_count}")]
    UnknownPlace {
        /// The event's place.
        place: u32,
        /// Places that there are.
        place_count: usize,
    },
}

impl EntityEvents {
    /// Nothing yet, of so many places.
    pub fn new(place_count: usize) -> Self {
        Self {
            place_count,
            events: Vec::new(),
        }
    }

    /// Adds an event; best in the order in which they were learnt.
    pub fn push(&mut self, event: EntityEvent) -> Result<(), EventError> {
        if event.place as usize >= self.place_count {
            return Err(EventError::UnknownPlace {
                place: event.place,
                place_count: self.place_count,
            });
        }
        let at = self.first_learnt_at(event.learnt_us.saturating_add(1));
        self.events.insert(at, event);
        Ok(())
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// True if nothing happened.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Places that there are.
    pub fn place_count(&self) -> usize {
        self.place_count
    }

    /// All events in the order in which they were learnt.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &EntityEvent> {
        self.events.iter()
    }

    /// Events learnt in `[from_us, until_us)`.
    pub fn learnt_within(&self, from_us: i64, until_us: i64) -> &[EntityEvent] {
        let start = self.first_learnt_at(from_us);
        let end = self.first_learnt_at(until_us);
        &self.events[start..end.max(start)]
    }

    fn first_learnt_at(&self, at_us: i64) -> usize {
        self.events.partition_point(|event| event.learnt_us < at_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(place: u32, learnt_us: i64) -> EntityEvent {
        EntityEvent {
            place,
            learnt_us,
            happening: Happening::Used { amount_minor: 1 },
        }
    }

    #[test]
    fn events_stand_in_the_order_in_which_they_were_learnt() {
        let mut events = EntityEvents::new(3);
        for event in [used(0, 5), used(1, 9), used(2, 5), used(0, -1)] {
            events.push(event).expect("a known place");
        }
        let order: Vec<_> = events.iter().map(|event| event.place).collect();
        assert_eq!(order, [0, 0, 2, 1]);
        assert_eq!(events.learnt_within(5, 9).len(), 2);
        assert_eq!(events.learnt_within(9, 5), []);
    }

    #[test]
    fn a_place_that_is_none_is_refused() {
        let refused = EntityEvents::new(3).push(used(3, 0));
        let place_count = 3;
        assert_eq!(
            refused,
            Err(EventError::UnknownPlace {
                place: 3,
                place_count
            })
        );
    }
}
