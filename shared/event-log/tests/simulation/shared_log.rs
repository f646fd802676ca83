//! The one log of all members: one shared sequence, one writer at a time.

use std::sync::Arc;

use accord_event_log::{
    AppendError, Journal, PartitionId, Recorded, Sequence, StoredCommit,
    journal::memory::{Fault, MemoryJournal},
};

use crate::support::accounts::{Accounts, Event};

#[derive(Default)]
pub struct SharedLog {
    journal: MemoryJournal,
    events: Vec<Arc<Recorded<Event>>>,
    /// Exact stored text of each event.
    stored: Vec<String>,
}

impl SharedLog {
    pub fn append(&mut self, commit: &Arc<StoredCommit>, fault: Fault) -> Result<(), AppendError> {
        let before = self.commits().len();
        self.journal.inject(fault);
        let appended = self.journal.append(commit);
        if self.commits().len() > before {
            assert_eq!(commit.first_sequence, self.end().next());
            let events = commit.decode::<Accounts>().unwrap();
            assert_eq!(
                events,
                commit.events::<Accounts>().unwrap(),
                "the text says what was decided"
            );
            self.events.extend(events.iter().cloned());
            let stored = commit.stored_events().unwrap();
            self.stored
                .extend(stored.iter().map(|event| event.get().to_owned()));
        }
        appended
    }

    pub fn commits(&self) -> &[Arc<StoredCommit>] {
        self.journal.commits()
    }

    /// Commits with events after `after`.
    pub fn commits_after(&self, after: Sequence) -> &[Arc<StoredCommit>] {
        let start = self
            .commits()
            .partition_point(|commit| commit.last_sequence() <= after);
        &self.commits()[start..]
    }

    pub fn end(&self) -> Sequence {
        Sequence(self.events.len() as u64)
    }

    pub fn events(&self) -> &[Arc<Recorded<Event>>] {
        &self.events
    }

    pub fn event(&self, sequence: Sequence) -> &Arc<Recorded<Event>> {
        &self.events[sequence.0 as usize - 1]
    }

    pub fn events_of(&self, partition: PartitionId) -> impl Iterator<Item = &Arc<Recorded<Event>>> {
        self.events
            .iter()
            .filter(move |recorded| recorded.metadata.partition == partition)
    }

    pub fn stored_events_of(&self, partition: PartitionId) -> Vec<&str> {
        self.events
            .iter()
            .zip(&self.stored)
            .filter(|(recorded, _)| recorded.metadata.partition == partition)
            .map(|(_, stored)| stored.as_str())
            .collect()
    }
}
