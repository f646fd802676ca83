//! The training set of a bank: a fold over its own log.
//!
//! Features are those stored with each transaction, as known at its own time. Labels are those known at the cut-off;
//! a transaction that nobody has reported counts as genuine once it is old enough for a report to have arrived.

use std::collections::HashMap;

use accord_learning::{RowError, TrainingRows};

use crate::{
    events::Event,
    features::{FEATURE_COUNT, Features},
    history::MICROSECONDS_PER_DAY,
    transaction::Label,
};

/// Days after which a transaction that nobody reported counts as genuine.
const REPORTING_DAYS: i64 = 7;

struct Example {
    occurred_at_us: i64,
    features: Features,
    /// Every label with the time at which it became known, in the order of the log.
    /// A withdrawn label stands as `None`.
    labels: Vec<(i64, Option<Label>)>,
}

impl Example {
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
    /// Folds one event.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::TransactionAssessed(event) => self.add_example(
                &event.transaction.transaction_id,
                event.transaction.occurred_at_us,
                event.features,
            ),
            Event::TransactionImported(event) => self.add_example(
                &event.transaction.transaction_id,
                event.transaction.occurred_at_us,
                event.features,
            ),
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
    pub fn rows(&self, cutoff_us: i64) -> Result<(TrainingRows, u64), RowError> {
        let mut rows = TrainingRows::new(FEATURE_COUNT);
        let mut frauds = 0;
        for (id, example) in (0_u64..).zip(&self.examples) {
            let reportable =
                example.occurred_at_us <= cutoff_us - REPORTING_DAYS * MICROSECONDS_PER_DAY;
            let fraud = match example.label_known_at(cutoff_us) {
                Some(label) => label == Label::Fraud,
                None if reportable => false,
                None => continue,
            };
            frauds += u64::from(fraud);
            rows.push(id, &example.features.0, fraud)?;
        }
        Ok((rows, frauds))
    }

    fn add_example(&mut self, transaction_id: &str, occurred_at_us: i64, features: Features) {
        self.by_id
            .insert(transaction_id.to_owned(), self.examples.len());
        self.examples.push(Example {
            occurred_at_us,
            features,
            labels: Vec::new(),
        });
    }
}

#[cfg(test)]
mod tests;
