//! What is known of the entities of one transaction, at its own time.

use super::record::EntityRecord;

/// One entity as of a moment. Summaries of the same entity in several partitions add up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EntitySummary {
    pub count_1_hour: u64,
    pub count_1_day: u64,
    pub count_7_days: u64,
    pub amount_1_day: i64,
    /// Over 1, 7 and 30 days that ended 7 days ago: transactions whose frauds have mostly been reported.
    pub delayed_counts: [u64; 3],
    /// Frauds that became known within 1, 7 and 30 days.
    pub frauds: [u64; 3],
    /// Other customers within 1 and 7 days.
    pub other_customers: [u64; 2],
    /// First use ever.
    pub first_us: Option<i64>,
    /// Last use before.
    pub previous_us: Option<i64>,
    /// When the first and the last of the known frauds happened.
    pub fraud_first_us: Option<i64>,
    pub fraud_last_us: Option<i64>,
}

impl EntitySummary {
    /// Adds what another partition knows of the same entity.
    pub fn add(&mut self, other: &Self) {
        fn add<const N: usize>(to: &mut [u64; N], from: &[u64; N]) {
            for (to, from) in to.iter_mut().zip(from) {
                *to += from;
            }
        }
        self.count_1_hour += other.count_1_hour;
        self.count_1_day += other.count_1_day;
        self.count_7_days += other.count_7_days;
        self.amount_1_day = self.amount_1_day.saturating_add(other.amount_1_day);
        add(&mut self.delayed_counts, &other.delayed_counts);
        add(&mut self.frauds, &other.frauds);
        add(&mut self.other_customers, &other.other_customers);
        self.first_us = earlier(self.first_us, other.first_us);
        self.previous_us = self.previous_us.max(other.previous_us);
        self.fraud_first_us = earlier(self.fraud_first_us, other.fraud_first_us);
        self.fraud_last_us = self.fraud_last_us.max(other.fraud_last_us);
    }
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The entities of one transaction; one that the transaction does not name is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EntitySummaries {
    pub terminal: EntitySummary,
    pub card: Option<EntitySummary>,
    pub device: Option<EntitySummary>,
    pub address: Option<EntitySummary>,
}

impl EntitySummaries {
    /// Adds what another partition knows of the same entities.
    pub fn add(&mut self, other: &Self) {
        self.terminal.add(&other.terminal);
        for (mine, theirs) in [
            (&mut self.card, &other.card),
            (&mut self.device, &other.device),
            (&mut self.address, &other.address),
        ] {
            match (mine, theirs) {
                (Some(mine), Some(theirs)) => mine.add(theirs),
                (mine @ None, theirs) => *mine = *theirs,
                (Some(_), None) => {}
            }
        }
    }
}

/// A record that may not be there yet, as of `at_us`, to a purchase of `customer`.
pub(super) fn summary_of(
    record: Option<&EntityRecord>,
    customer: u64,
    at_us: i64,
) -> EntitySummary {
    record.map_or_else(EntitySummary::default, |record| {
        record.summary(customer, at_us)
    })
}
