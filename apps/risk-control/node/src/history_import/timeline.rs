//! Puts labels between the transactions, at the time at which they became known.

use std::{cmp::Reverse, collections::BinaryHeap};

use risk_control::Label;

use super::record::HistoricalRecord;

/// A transaction, or what became known of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    Transaction(HistoricalRecord),
    Label {
        of: HistoricalRecord,
        label: Label,
        known_at_us: i64,
    },
}

/// Labels that wait for their time.
#[derive(Debug)]
pub(super) struct Timeline {
    delay_us: i64,
    now_us: i64,
    waiting: BinaryHeap<Reverse<Waiting>>,
}

/// Ordered by when it became known, then by its place in the file.
#[derive(Debug)]
struct Waiting {
    known_at_us: i64,
    label: Label,
    of: HistoricalRecord,
}

impl Waiting {
    fn place(&self) -> (i64, u64) {
        (self.known_at_us, self.of.line)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place().cmp(&other.place())
    }
}

impl Timeline {
    /// `delay_us` is how long after its transaction a label became known where nobody says when.
    pub fn new(delay_us: i64, now_us: i64) -> Self {
        Self {
            delay_us,
            now_us,
            waiting: BinaryHeap::new(),
        }
    }

    /// Hands out what happened up to and including this transaction.
    pub fn add(&mut self, record: HistoricalRecord, mut happened: impl FnMut(Happening)) {
        self.known_until(record.occurred_at_us, &mut happened);
        if let Some((label, known_at_us)) = record.label {
            let known_at_us = known_at_us.unwrap_or(record.occurred_at_us + self.delay_us);
            self.waiting.push(Reverse(Waiting {
                // Not before it happened; and what stands in the file is known now, whatever the delay says.
                known_at_us: known_at_us.max(record.occurred_at_us).min(self.now_us),
                label,
                of: record.clone(),
            }));
        }
        happened(Happening::Transaction(record));
    }

    /// Hands out all labels that still wait.
    pub fn end(&mut self, mut happened: impl FnMut(Happening)) {
        self.known_until(i64::MAX, &mut happened);
    }

    fn known_until(&mut self, at_us: i64, happened: &mut impl FnMut(Happening)) {
        while let Some(Reverse(first)) = self.waiting.peek()
            && first.known_at_us <= at_us
        {
            let Some(Reverse(waiting)) = self.waiting.pop() else {
                return;
            };
            happened(Happening::Label {
                of: waiting.of,
                label: waiting.label,
                known_at_us: waiting.known_at_us,
            });
        }
    }
}
