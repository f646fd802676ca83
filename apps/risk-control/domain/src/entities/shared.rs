//! What other institutions saw of an entity, as an exchange of entity statistics tells it: by cells of time, without
//! customers and without single moments.

/// One cell of time at one entity, of all other institutions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SharedCell {
    /// The cell's middle, at which everything in it is taken to have happened (epoch microseconds).
    pub at_us: i64,
    pub uses: u64,
    pub amount_minor: i64,
    /// Frauds that became known, less those that turned out to be genuine.
    pub frauds: i64,
    /// When these frauds had happened, on the average.
    pub happened_us: i64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        CustomerReference, EntityDirectory, EntityRecords, EntitySummaries, EntitySummary, Label,
        LabelledPurchase, MICROSECONDS_PER_DAY, Transaction,
    };

    const DAY: i64 = MICROSECONDS_PER_DAY;

    fn purchase(number: usize, at_us: i64) -> Transaction {
        Transaction {
            transaction_id: format!("transaction-{number}"),
            customer: CustomerReference(number as u64),
            occurred_at_us: at_us,
            amount_minor: 1_000,
            currency: "EUR".to_owned(),
            terminal_id: "terminal".to_owned(),
            card: None,
            device: None,
            address: None,
        }
    }

    fn terminal(directories: &[&EntityDirectory], at_us: i64) -> EntitySummary {
        let asked = purchase(0, at_us);
        let records: Vec<EntityRecords<'_>> = directories
            .iter()
            .map(|directory| directory.records(&asked))
            .collect();
        EntitySummaries::of(&records, asked.customer.0, at_us).terminal
    }

    /// Customers of a terminal are not shared, and no feature asks for them.
    fn without_customers(summary: EntitySummary) -> EntitySummary {
        EntitySummary {
            other_customers_1_day: 0,
            other_customers_7_days: 0,
            ..summary
        }
    }

    proptest! {
        /// Where a cell is a moment, sharing loses nothing: own and others' parts make what one directory of all knows.
        #[test]
        fn cells_of_single_moments_add_up_to_one_directory(
            purchases in prop::collection::vec((0_i64..40 * 24, any::<bool>(), any::<bool>()), 1..60),
            ask in 48_i64..70,
        ) {
            let mut all = EntityDirectory::default();
            let mut own = EntityDirectory::default();
            let mut others = EntityDirectory::default();
            let hour = DAY / 24;
            let mut purchases = purchases;
            purchases.sort_unstable();
            for (number, (hours, ours, fraud)) in purchases.into_iter().enumerate() {
                let transaction = purchase(number + 1, hours * hour);
                let at_us = transaction.occurred_at_us;
                let labelled = LabelledPurchase::of(&transaction);
                let known_us = at_us + 7 * DAY;
                let report = |directory: &mut EntityDirectory| {
                    directory.label(&transaction.transaction_id, &labelled, Label::Fraud, known_us);
                };
                all.add(&transaction);
                if ours {
                    own.add(&transaction);
                } else {
                    let cell = SharedCell { at_us, uses: 1, amount_minor: 1_000, ..SharedCell::default() };
                    others.add_shared_terminal("terminal", &cell);
                }
                if fraud {
                    report(&mut all);
                    if ours {
                        report(&mut own);
                    } else {
                        let cell = SharedCell { at_us: known_us, frauds: 1, happened_us: at_us, ..SharedCell::default() };
                        others.add_shared_terminal("terminal", &cell);
                    }
                }
            }
            let at_us = ask * DAY;
            prop_assert_eq!(
                without_customers(terminal(&[&own, &others], at_us)),
                without_customers(terminal(&[&all], at_us))
            );
        }
    }

    #[test]
    fn a_fraud_that_is_taken_back_is_no_longer_known() {
        let mut others = EntityDirectory::default();
        let mut tell = |at_us: i64, uses: u64, frauds: i64| {
            let cell = SharedCell {
                at_us,
                uses,
                frauds,
                happened_us: DAY,
                ..SharedCell::default()
            };
            others.add_shared_terminal("terminal", &cell);
            terminal(&[&others], 12 * DAY).frauds_30_days
        };
        assert_eq!(tell(DAY, 5, 0), 0);
        assert_eq!(tell(8 * DAY, 0, 2), 2);
        assert_eq!(tell(9 * DAY, 0, -1), 1);
        assert_eq!(tell(10 * DAY, 0, -2), 0);
        assert_eq!(terminal(&[&others], 12 * DAY).delayed_count_7_days, 5);
    }
}
