//! What is known of the entities of one transaction, at its own time.

use super::{fraud_run::FraudRun, record::EntityRecord};

/// One entity as of a moment, over all partitions that know it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EntitySummary {
    pub count_1_hour: u64,
    pub count_1_day: u64,
    pub amount_1_day: i64,
    /// Over 7 and 30 days that ended 7 days ago: transactions whose frauds have mostly been reported.
    pub delayed_count_7_days: u64,
    pub delayed_count_30_days: u64,
    /// Frauds that became known within 7 and 30 days.
    pub frauds_7_days: u64,
    pub frauds_30_days: u64,
    pub other_customers_1_day: u64,
    pub other_customers_7_days: u64,
    /// First use ever.
    pub first_us: Option<i64>,
    /// What the frauds of the last 30 days look like among the other transactions; `None` without frauds.
    pub fraud_run: Option<FraudRun>,
}

impl EntitySummary {
    /// Sums up the records of one entity, one of each partition that knows it, for a purchase of `customer` at `at_us`.
    pub fn of<'r>(
        records: impl Iterator<Item = &'r EntityRecord> + Clone,
        customer: u64,
        at_us: i64,
    ) -> Self {
        let mut summary = Self::default();
        for record in records.clone() {
            record.add_to(&mut summary, customer, at_us);
        }
        if summary.frauds_30_days > 0 {
            summary.fraud_run = FraudRun::of(records, at_us);
        }
        summary
    }
}

/// The records of a transaction's entities in one partition.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntityRecords<'r> {
    pub terminal: Option<&'r EntityRecord>,
    pub card: Option<&'r EntityRecord>,
    pub device: Option<&'r EntityRecord>,
    pub address: Option<&'r EntityRecord>,
}

/// The entities of one transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EntitySummaries {
    pub terminal: EntitySummary,
    pub card: EntitySummary,
    pub device: EntitySummary,
    pub address: EntitySummary,
}

impl EntitySummaries {
    /// Sums up what some partitions know, for a purchase of `customer` at `at_us`.
    pub fn of(partitions: &[EntityRecords<'_>], customer: u64, at_us: i64) -> Self {
        let records = partitions.iter();
        Self {
            terminal: EntitySummary::of(
                records.clone().filter_map(|part| part.terminal),
                customer,
                at_us,
            ),
            card: EntitySummary::of(
                records.clone().filter_map(|part| part.card),
                customer,
                at_us,
            ),
            device: EntitySummary::of(
                records.clone().filter_map(|part| part.device),
                customer,
                at_us,
            ),
            address: EntitySummary::of(records.filter_map(|part| part.address), customer, at_us),
        }
    }
}
