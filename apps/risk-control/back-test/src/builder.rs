//! From events to columns.

use std::{collections::HashMap, sync::Arc};

use risk_control::{
    Decision, EntityKey, Event, FeatureSet, Features, LISTINGS, Memberships, Transaction,
    TransactionFingerprints,
};

use crate::columns::{Columns, LabelRecord, TextColumn};

/// Where an event stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPlace {
    pub sequence: u64,
    pub partition: u16,
}

/// Collects the columns of a part of the log, event by event.
pub struct ColumnBuilder {
    columns: Columns,
    features: Vec<Vec<f64>>,
    currencies: Texts,
    terminals: Texts,
}

/// What both kinds of decided transactions have.
struct Decided<'e> {
    transaction: &'e Transaction,
    features: &'e Features,
    decision: Decision,
    score: Option<f64>,
    policy: Option<u64>,
    lists: Memberships,
}

impl ColumnBuilder {
    /// For the part of the log from this sequence on.
    pub fn new(first_sequence: u64) -> Self {
        Self {
            columns: Columns {
                first_sequence,
                last_sequence: first_sequence.saturating_sub(1),
                ..Columns::default()
            },
            features: vec![Vec::new(); FeatureSet::CURRENT.features().len()],
            currencies: Texts::default(),
            terminals: Texts::default(),
        }
    }

    /// Adds the next event. `fingerprints` is asked for transactions only.
    pub fn add(
        &mut self,
        place: EventPlace,
        event: &Event,
        fingerprints: impl FnOnce(&Event) -> TransactionFingerprints,
    ) {
        self.columns.last_sequence = place.sequence;
        let decided = match event {
            Event::TransactionAssessed(event) => Decided {
                transaction: &event.transaction,
                features: &event.features,
                decision: event.decision,
                score: Some(event.score),
                policy: Some(event.policy),
                lists: event.lists,
            },
            Event::TransactionImported(event) => Decided {
                transaction: &event.transaction,
                features: &event.features,
                decision: event.decision,
                score: None,
                policy: None,
                lists: Memberships::default(),
            },
            Event::TransactionLabelled(event) => {
                self.columns.labels.push(LabelRecord {
                    sequence: place.sequence,
                    id_hash: id_hash(&event.transaction_id),
                    label: Some(event.label),
                    source: Some(event.source),
                    known_at_us: event.known_at_us,
                });
                return;
            }
            Event::LabelWithdrawn(event) => {
                self.columns.labels.push(LabelRecord {
                    sequence: place.sequence,
                    id_hash: id_hash(&event.transaction_id),
                    label: None,
                    source: None,
                    known_at_us: event.known_at_us,
                });
                return;
            }
            _ => return,
        };
        if decided.features.set() != FeatureSet::CURRENT {
            self.columns.left_out += 1;
            return;
        }
        self.add_transaction(place, &decided, fingerprints(event));
    }

    fn add_transaction(
        &mut self,
        place: EventPlace,
        decided: &Decided<'_>,
        fingerprints: TransactionFingerprints,
    ) {
        let transaction = decided.transaction;
        let columns = &mut self.columns;
        columns.sequence.push(place.sequence.cast_signed());
        columns.partition.push(i64::from(place.partition));
        columns.customer.push(transaction.customer.0.cast_signed());
        let id_hash = id_hash(&transaction.transaction_id);
        columns.id_hash.push(id_hash.cast_signed());
        columns.occurred_at_us.push(transaction.occurred_at_us);
        columns.amount_minor.push(transaction.amount_minor);
        self.currencies.push(&transaction.currency);
        self.terminals.push(&transaction.terminal_id);
        columns.card.push(key_number(transaction.card));
        columns.device.push(key_number(transaction.device));
        columns.address.push(key_number(transaction.address));
        columns.decision.push(decided.decision as i64);
        columns
            .score
            .push(decided.score.unwrap_or(accord_learning::MISSING));
        columns
            .policy
            .push(decided.policy.map_or(-1, u64::cast_signed));
        columns.lists.push(list_bits(decided.lists));
        let TransactionFingerprints {
            customer,
            terminal,
            card,
            device,
        } = fingerprints;
        for (column, fingerprint) in columns
            .list_fingerprints
            .iter_mut()
            .zip([customer, terminal, card, device])
        {
            column.push(fingerprint.map_or(0, |fingerprint| fingerprint.0.cast_signed()));
        }
        for (column, value) in self.features.iter_mut().zip(decided.features.values()) {
            column.push(*value);
        }
    }

    /// Transactions so far.
    pub fn rows(&self) -> usize {
        self.columns.rows()
    }

    /// The columns with all features.
    pub fn finish(mut self) -> Columns {
        self.columns.currency = self.currencies.finish();
        self.columns.terminal = self.terminals.finish();
        let names = FeatureSet::CURRENT.features().iter();
        self.columns.features = names
            .map(|feature| feature.name.to_owned())
            .zip(self.features)
            .collect();
        self.columns
    }
}

/// What stands for a transaction's id in columns.
pub(crate) fn id_hash(transaction_id: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(transaction_id.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

fn key_number(key: Option<EntityKey>) -> i64 {
    key.map_or(-1, |key| key.number().cast_signed())
}

/// Bit n stands for `LISTINGS[n]`.
fn list_bits(lists: Memberships) -> i64 {
    (0..)
        .zip(LISTINGS)
        .filter(|(_, (list, kind))| lists.contains(*list, *kind))
        .map(|(bit, _)| 1_i64 << bit)
        .sum()
}

#[derive(Default)]
struct Texts {
    rows: Vec<u32>,
    texts: Vec<Box<str>>,
    places: HashMap<Box<str>, u32>,
}

impl Texts {
    fn finish(self) -> TextColumn {
        TextColumn {
            places: self.rows,
            texts: Arc::from(self.texts),
        }
    }

    fn push(&mut self, text: &str) {
        let place = match self.places.get(text) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
                self.texts.push(text.into());
                self.places.insert(text.into(), place);
                place
            }
        };
        self.rows.push(place);
    }
}
