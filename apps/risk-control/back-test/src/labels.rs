//! What was known of each transaction, and when.

use std::collections::HashMap;

use risk_control::{Decision, Label, MICROSECONDS_PER_DAY};

use crate::columns::LabelRecord;

/// After so long, a transaction that nobody reported counts as genuine.
pub const REPORTING_US: i64 = 7 * MICROSECONDS_PER_DAY;

/// What is known of a transaction at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    Fraud,
    Genuine,
    /// Nobody has reported it, but there was hardly time to.
    TooYoung,
    /// It was declined, and nobody reports what was stopped: it could have been either.
    DeclinedUnlabelled,
}

impl Knowledge {
    pub const ALL: [Self; 4] = [
        Self::Fraud,
        Self::Genuine,
        Self::TooYoung,
        Self::DeclinedUnlabelled,
    ];
}

/// Labels of a whole log, by transaction, in the order in which they entered the log.
#[derive(Clone, Debug, Default)]
pub struct LabelIndex {
    by_id_hash: HashMap<u64, Vec<(i64, Option<Label>)>>,
}

impl LabelIndex {
    /// Adds records; those of one transaction must come in the order of the log.
    pub fn add(&mut self, records: &[LabelRecord]) {
        for record in records {
            self.by_id_hash
                .entry(record.id_hash)
                .or_default()
                .push((record.known_at_us, record.label));
        }
    }

    /// What was known at `at_us` of a transaction that was decided as `decided` when it happened.
    pub fn knowledge(
        &self,
        id_hash: u64,
        occurred_at_us: i64,
        decided: Decision,
        at_us: i64,
    ) -> Knowledge {
        let label = self.by_id_hash.get(&id_hash).and_then(|labels| {
            let mut known = labels.iter().rev();
            known
                .find(|(known_at_us, _)| *known_at_us <= at_us)
                .and_then(|(_, label)| *label)
        });
        match label {
            Some(Label::Fraud) => Knowledge::Fraud,
            Some(Label::Genuine) => Knowledge::Genuine,
            None if decided == Decision::Decline => Knowledge::DeclinedUnlabelled,
            None if occurred_at_us > at_us.saturating_sub(REPORTING_US) => Knowledge::TooYoung,
            None => Knowledge::Genuine,
        }
    }
}

#[cfg(test)]
mod tests {
    use risk_control::LabelSource;

    use super::*;

    const DAY: i64 = MICROSECONDS_PER_DAY;

    fn record(label: Option<Label>, known_at_us: i64) -> LabelRecord {
        LabelRecord {
            sequence: 1,
            id_hash: 7,
            label,
            source: label.map(|_| LabelSource::Chargeback),
            known_at_us,
        }
    }

    #[test]
    fn what_is_known_depends_on_when_it_is_asked() {
        let mut index = LabelIndex::default();
        index.add(&[
            record(Some(Label::Fraud), 10 * DAY),
            record(Some(Label::Genuine), 20 * DAY),
            record(None, 30 * DAY),
        ]);
        for (at_day, expected) in [
            (3, Knowledge::TooYoung),
            (9, Knowledge::Genuine),
            (10, Knowledge::Fraud),
            (19, Knowledge::Fraud),
            (20, Knowledge::Genuine),
            // The label was taken back; nobody says anything else.
            (30, Knowledge::Genuine),
        ] {
            let known = index.knowledge(7, 0, Decision::Approve, at_day * DAY);
            assert_eq!(known, expected, "day {at_day}");
        }
    }

    #[test]
    fn nobody_reports_what_was_declined() {
        let index = LabelIndex::default();
        let known = |decided| index.knowledge(1, 0, decided, 100 * DAY);
        assert_eq!(known(Decision::Decline), Knowledge::DeclinedUnlabelled);
        assert_eq!(known(Decision::Review), Knowledge::Genuine);
    }
}
