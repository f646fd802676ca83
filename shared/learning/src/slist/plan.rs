//! What holders agree on before sessions are summed.

use serde::{Deserialize, Serialize};

use crate::gram::{ITEMS_MAX, PlanError};

/// How sessions are summed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlistPlan {
    /// Items in the shared catalogue.
    pub item_count: usize,
    /// Only the so many most frequent items take part (ties by item number).
    pub items_max: usize,
    /// Items in fewer sessions do not take part.
    pub support_min: u64,
    /// A session contributes at most its latest so many events.
    pub events_per_session_max: usize,
    /// What of the past a cut of a session shows.
    pub past: Past,
    /// Events d places from the cut count e^(−d / this); infinite counts all the same.
    pub event_decay: f64,
    /// Sessions d days before [`newest_day`](Self::newest_day) count e^(−d / this); infinite counts all the same.
    pub session_decay_days: f64,
    /// The day from which session ages are counted, the same for all holders; later sessions count 1.
    pub newest_day: u32,
}

/// What of the past a cut of a session shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Past {
    /// The last event before the cut.
    LastEvent,
    /// All events before the cut, decayed.
    AllEvents,
}

/// The hyper-parameters that act on the sums once they are there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SlistSettings {
    /// α: 1 reproduces sessions (SLIS), 0 foretells (SLIT).
    pub similarity_share: f64,
    /// L2 penalty λ, above 0.
    pub ridge: f64,
}

impl SlistPlan {
    /// At most 5,000 items, each in at least one session, the last event as past, decay over one place, no ageing.
    pub fn new(item_count: usize) -> Self {
        Self {
            item_count,
            items_max: ITEMS_MAX,
            support_min: 1,
            events_per_session_max: 200,
            past: Past::LastEvent,
            event_decay: 1.0,
            session_decay_days: f64::INFINITY,
            newest_day: 0,
        }
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        let checks = [
            (
                u32::try_from(self.item_count).is_ok(),
                "fewer than 2^32 items",
            ),
            (self.support_min >= 1, "a least support of 1 or more"),
            (
                (1..=10_000).contains(&self.events_per_session_max),
                "1 to 10,000 events of a session",
            ),
            (self.event_decay > 0.0, "a positive event decay"),
            (self.session_decay_days > 0.0, "a positive session decay"),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            Some((_, wanted)) => Err(PlanError { wanted }),
            None => Ok(()),
        }
    }
}

impl SlistSettings {
    pub(super) fn check(&self) -> Result<(), PlanError> {
        let checks = [
            (
                (0.0..=1.0).contains(&self.similarity_share),
                "a similarity share in 0..=1",
            ),
            (
                self.ridge > 0.0 && self.ridge.is_finite(),
                "a positive ridge",
            ),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            Some((_, wanted)) => Err(PlanError { wanted }),
            None => Ok(()),
        }
    }
}
