//! How the frauds of an entity lie among its other transactions.
//!
//! Where a terminal was tampered with, fraud follows fraud without a genuine transaction between, until somebody stops
//! it; a stolen card leaves one fraud among many genuine ones. So what counts, beside their number, is whether genuine
//! transactions followed. A transaction is genuine here if nobody reported it for a week.

use super::record::{EntityRecord, REPORTING_US};

/// The frauds that became known within 30 days, in the order in which they happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FraudRun {
    /// When the first and the last of them happened.
    pub first_us: i64,
    pub last_us: i64,
    /// Frauds at the end with no other transaction between or after them; 0 where a genuine one followed.
    pub length: u64,
    /// When the first of those happened.
    pub run_first_us: Option<i64>,
}

impl FraudRun {
    /// Looks at the records of one entity, one of each partition that knows it; `None` without known frauds.
    pub fn of<'r>(
        records: impl Iterator<Item = &'r EntityRecord> + Clone,
        at_us: i64,
    ) -> Option<Self> {
        let mut frauds: Vec<i64> = records
            .clone()
            .flat_map(|record| record.frauds_known(at_us))
            .collect();
        frauds.sort_unstable();
        let (first_us, last_us) = (*frauds.first()?, *frauds.last()?);
        let count = |after_us: i64, through_us: i64| -> u64 {
            let counts = records
                .clone()
                .map(|record| record.count_between(after_us, through_us));
            counts.sum()
        };
        let settled_us = at_us.saturating_sub(REPORTING_US).max(last_us);
        let mut run = Self {
            first_us,
            last_us,
            length: 0,
            run_first_us: None,
        };
        if count(last_us, settled_us) > 0 {
            return Some(run);
        }
        for (index, fraud_us) in frauds.iter().copied().enumerate().rev() {
            // Between this one and the next there is only the next.
            let next_us = frauds.get(index + 1);
            if next_us.is_some_and(|next_us| count(fraud_us, *next_us) > 1) {
                break;
            }
            run.length += 1;
            run.run_first_us = Some(fraud_us);
        }
        Some(run)
    }
}
