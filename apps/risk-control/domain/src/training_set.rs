//! The training set of a bank: a fold over its own log.
//!
//! Features are those stored with each transaction, as known at its own time. Labels are those known at the cut-off;
//! a transaction that nobody has reported counts as genuine once it is old enough for a report to have arrived. Younger
//! ones make no row, whatever is known of them: of the last days only frauds would be in, and whatever tells the time
//! (the age of a card, the day of the week) would look like a sign of fraud.

use std::{collections::HashMap, ops::Range};

use accord_learning::{RowError, TrainingRows};

use crate::{
    events::Event,
    features::{FeatureSet, Features},
    history::MICROSECONDS_PER_DAY,
    transaction::{Label, Transaction},
};

/// Days after which a transaction makes a row, and counts as genuine if nobody reported it.
pub const REPORTING_DAYS: i64 = 7;

/// What a row is a row of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOrigin {
    /// Event time in epoch microseconds.
    pub occurred_at_us: i64,
    pub customer: u64,
}

struct Example {
    occurred_at_us: i64,
    customer: u64,
    features: Features,
    /// Every label with the time at which it became known, in the order of the log.
    /// A withdrawn label stands as `None`.
    labels: Vec<(i64, Option<Label>)>,
}

impl Example {
    /// Whether it is fraud, where it makes a row of the current feature set.
    fn fraud_if_row(&self, occurred_us: &Range<i64>, cutoff_us: i64) -> Option<bool> {
        if !occurred_us.contains(&self.occurred_at_us) || self.features.set() != FeatureSet::CURRENT
        {
            return None;
        }
        let reportable = self.occurred_at_us <= TrainingSet::labelled_until_us(cutoff_us);
        reportable.then(|| self.label_known_at(cutoff_us) == Some(Label::Fraud))
    }

    /// The last label of those that were known at `cutoff_us`.
    fn label_known_at(&self, cutoff_us: i64) -> Option<Label> {
        self.labels
            .iter()
            .rev()
            .find(|(known_at_us, _)| *known_at_us <= cutoff_us)
            .and_then(|(_, label)| *label)
    }
}

/// Transactions with their labels, collected event by event.
#[derive(Default)]
pub struct TrainingSet {
    examples: Vec<Example>,
    by_id: HashMap<String, usize>,
}

impl TrainingSet {
    /// The moment after which transactions make no rows yet at `cutoff_us` (epoch microseconds).
    pub fn labelled_until_us(cutoff_us: i64) -> i64 {
        cutoff_us - REPORTING_DAYS * MICROSECONDS_PER_DAY
    }

    /// Folds one event.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::TransactionAssessed(event) => {
                self.add_example(&event.transaction, event.features);
            }
            Event::TransactionImported(event) => {
                self.add_example(&event.transaction, event.features);
            }
            Event::TransactionAdvised(event) => {
                self.add_example(&event.transaction, event.features);
            }
            Event::TransactionLabelled(event) => {
                if let Some(index) = self.by_id.get(&event.transaction_id) {
                    self.examples[*index]
                        .labels
                        .push((event.known_at_us, Some(event.label)));
                }
            }
            Event::LabelWithdrawn(event) => {
                if let Some(index) = self.by_id.get(&event.transaction_id) {
                    self.examples[*index].labels.push((event.known_at_us, None));
                }
            }
            _ => {}
        }
    }

    /// Rows for a learner, as of `cutoff_us` (epoch microseconds), and how many of them are fraud.
    ///
    /// Transactions that were decided on an earlier feature set are left out: their other features were never computed.
    pub fn rows(&self, cutoff_us: i64) -> Result<(TrainingRows, u64), RowError> {
        self.rows_within(i64::MIN..i64::MAX, cutoff_us)
    }

    /// The moment before which a share of the rows of [`TrainingSet::rows_within`] happened; `None` without rows.
    pub fn moment_at_share(
        &self,
        occurred_us: &Range<i64>,
        cutoff_us: i64,
        share: f64,
    ) -> Option<i64> {
        let mut times: Vec<i64> = self
            .examples
            .iter()
            .filter(|example| example.fraud_if_row(occurred_us, cutoff_us).is_some())
            .map(|example| example.occurred_at_us)
            .collect();
        times.sort_unstable();
        times.get((times.len() as f64 * share) as usize).copied()
    }

    /// As [`TrainingSet::rows`], of the transactions within a range of event time.
    pub fn rows_within(
        &self,
        occurred_us: Range<i64>,
        cutoff_us: i64,
    ) -> Result<(TrainingRows, u64), RowError> {
        let mut rows = TrainingRows::new(FeatureSet::CURRENT.features().len());
        let mut frauds = 0;
        for (id, example) in (0_u64..).zip(&self.examples) {
            let Some(fraud) = example.fraud_if_row(&occurred_us, cutoff_us) else {
                continue;
            };
            frauds += u64::from(fraud);
            rows.push(id, example.features.values(), fraud)?;
        }
        Ok((rows, frauds))
    }

    /// Features of every transaction, in the order in which they were added.
    pub fn features(&self) -> impl ExactSizeIterator<Item = &Features> {
        self.examples.iter().map(|example| &example.features)
    }

    /// What the rows of [`TrainingSet::rows_within`] are rows of, in their order.
    pub fn origins_within(&self, occurred_us: &Range<i64>, cutoff_us: i64) -> Vec<RowOrigin> {
        self.examples
            .iter()
            .filter(|example| example.fraud_if_row(occurred_us, cutoff_us).is_some())
            .map(|example| RowOrigin {
                occurred_at_us: example.occurred_at_us,
                customer: example.customer,
            })
            .collect()
    }

    /// Event time of the first transaction, whether it makes a row or not.
    pub fn first_occurred_us(&self) -> Option<i64> {
        self.examples
            .iter()
            .map(|example| example.occurred_at_us)
            .min()
    }

    fn add_example(&mut self, transaction: &Transaction, features: Features) {
        self.by_id
            .insert(transaction.transaction_id.clone(), self.examples.len());
        self.examples.push(Example {
            occurred_at_us: transaction.occurred_at_us,
            customer: transaction.customer.0,
            features,
            labels: Vec::new(),
        });
    }
}

#[cfg(test)]
mod tests;
