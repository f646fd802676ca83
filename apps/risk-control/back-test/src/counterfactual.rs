//! History as it would have gone on: what the candidate declines brings no chargeback, and so later features change.
//!
//! The decider itself folds the transactions again, block by block in the order of the log, in the same partitions and
//! with the same consultation as when they were decided. A block ends before a label of one of its own transactions,
//! because only the block's decisions tell whether that label ever came.

use std::collections::{HashMap, HashSet};

use accord_decider::{Decider, LoggedDecider, PartitionId};
use accord_learning::MISSING;
use risk_control::{
    Command, Context, CustomerReference, Decision, EntityKey, Event, FeatureSet, Features,
    ImportTransaction, Label, LabelSource, LabelTransaction, LabelWithdrawn, LabelledPurchase,
    ModelLibrary, PartitionState, Rejection, RiskControl, Transaction,
};

use crate::columns::{Columns, LabelRecord};

/// Transactions that are decided together.
const BLOCK_ROWS: usize = 4_096;

/// The state of a bank that had decided otherwise.
pub struct Counterfactual {
    partitions: Vec<PartitionState>,
    context: Context,
    /// Where each transaction that was labelled stands, as far as it is folded.
    purchases: HashMap<u64, Labelled>,
    /// Transactions that the candidate declines: no chargeback comes of them.
    declined: HashSet<u64>,
    labelled: HashSet<u64>,
}

#[derive(Clone)]
struct Labelled {
    partition: usize,
    customer: CustomerReference,
    purchase: LabelledPurchase,
}

/// One step through a part of the log.
enum Step {
    Transaction(usize),
    Label(usize),
}

/// Transactions and labels of a part of the log in their order.
pub struct LogOrder<'c> {
    columns: &'c Columns,
    row: usize,
    label: usize,
}

impl<'c> LogOrder<'c> {
    pub fn new(columns: &'c Columns) -> Self {
        Self {
            columns,
            row: 0,
            label: 0,
        }
    }
}

impl Iterator for LogOrder<'_> {
    type Item = (bool, usize);

    /// Whether it is a label, and its place among the labels or the transactions.
    fn next(&mut self) -> Option<Self::Item> {
        let row = self.columns.sequence.get(self.row).copied();
        let label = self.columns.labels.get(self.label);
        let label = label.map(|label| label.sequence.cast_signed());
        match (row, label) {
            (Some(row), Some(label)) if label < row => {
                self.label += 1;
                Some((true, self.label - 1))
            }
            (Some(_), _) => {
                self.row += 1;
                Some((false, self.row - 1))
            }
            (None, Some(_)) => {
                self.label += 1;
                Some((true, self.label - 1))
            }
            (None, None) => None,
        }
    }
}

impl Counterfactual {
    /// A bank without history. `labelled` are the transactions of the whole log that have labels, so that nothing is
    /// kept of the others.
    pub fn new(partitions: u16, labelled: HashSet<u64>) -> Self {
        Self {
            partitions: (1..=partitions)
                .map(|partition| RiskControl::initial(PartitionId(partition)))
                .collect(),
            context: Context {
                now_us: 0,
                models: std::sync::Arc::new(ModelLibrary::default()),
                entities: None,
            },
            purchases: HashMap::new(),
            declined: HashSet::new(),
            labelled,
        }
    }

    /// Folds the next part of the log, whose columns need no features. `decide` is given the columns of a block with the
    /// features as they would have been, and says what the candidate decides; gives those columns and decisions.
    ///
    /// Every part from the beginning of the log must come, in order.
    pub fn fold(
        &mut self,
        columns: &Columns,
        mut decide: impl FnMut(&Columns) -> Vec<u8>,
    ) -> Result<(), Rejection> {
        let mut block: Vec<usize> = Vec::with_capacity(BLOCK_ROWS);
        let mut in_block = HashSet::new();
        let mut features: Vec<Vec<f64>> = Vec::new();
        for (is_label, place) in LogOrder::new(columns) {
            let step = if is_label {
                Step::Label(place)
            } else {
                Step::Transaction(place)
            };
            match step {
                Step::Label(place) => {
                    let label = &columns.labels[place];
                    if in_block.contains(&label.id_hash) {
                        self.decide_block(columns, &mut block, &mut features, &mut decide);
                        in_block.clear();
                    }
                    self.label(label);
                }
                Step::Transaction(row) => {
                    features.push(self.transaction(columns, row)?);
                    block.push(row);
                    in_block.insert(columns.id_hash[row].cast_unsigned());
                    if block.len() == BLOCK_ROWS {
                        self.decide_block(columns, &mut block, &mut features, &mut decide);
                        in_block.clear();
                    }
                }
            }
        }
        self.decide_block(columns, &mut block, &mut features, &mut decide);
        Ok(())
    }

    fn decide_block(
        &mut self,
        columns: &Columns,
        block: &mut Vec<usize>,
        features: &mut Vec<Vec<f64>>,
        decide: &mut impl FnMut(&Columns) -> Vec<u8>,
    ) {
        if block.is_empty() {
            return;
        }
        let rows = columns.rows_with(block, features);
        for (row, decision) in block.iter().zip(decide(&rows)) {
            if decision == Decision::Decline as u8 {
                self.declined.insert(columns.id_hash[*row].cast_unsigned());
            }
        }
        block.clear();
        features.clear();
    }

    /// A transaction happens; gives its features.
    fn transaction(&mut self, columns: &Columns, row: usize) -> Result<Vec<f64>, Rejection> {
        let id_hash = columns.id_hash[row].cast_unsigned();
        let transaction = Transaction {
            transaction_id: transaction_id(id_hash),
            customer: CustomerReference(columns.customer[row].cast_unsigned()),
            occurred_at_us: columns.occurred_at_us[row],
            amount_minor: columns.amount_minor[row],
            currency: String::new(),
            terminal_id: columns.terminal.text(row).to_owned(),
            card: entity_key(columns.card[row]),
            device: entity_key(columns.device[row]),
            address: entity_key(columns.address[row]),
        };
        let partition = self.partition(columns.partition[row]);
        if self.labelled.contains(&id_hash) {
            let labelled = Labelled {
                partition,
                customer: transaction.customer,
                purchase: LabelledPurchase::of(&transaction),
            };
            self.purchases.insert(id_hash, labelled);
        }
        self.context.now_us = transaction.occurred_at_us;
        let command = Command::ImportTransaction(ImportTransaction {
            transaction,
            decision: Decision::Approve,
            personal: String::new(),
        });
        let consulted = RiskControl::consult(&self.context, &command, self.partitions.iter());
        let context = consulted.as_ref().unwrap_or(&self.context);
        let state = &mut self.partitions[partition];
        let mut features = vec![MISSING; FeatureSet::CURRENT.features().len()];
        for event in RiskControl::decide(state, context, &command)? {
            if let Event::TransactionImported(event) = &event {
                features.copy_from_slice(values_of(&event.features));
            }
            RiskControl::evolve(state, &event);
        }
        Ok(features)
    }

    /// Something becomes known, unless it never would have.
    fn label(&mut self, record: &LabelRecord) {
        if record.source == Some(LabelSource::Chargeback) && self.declined.contains(&record.id_hash)
        {
            return;
        }
        let Some(Labelled {
            partition,
            customer,
            purchase,
        }) = self.purchases.get(&record.id_hash).cloned()
        else {
            return;
        };
        let transaction_id = transaction_id(record.id_hash);
        let state = &mut self.partitions[partition];
        match record.label {
            Some(label) => {
                self.context.now_us = record.known_at_us;
                let command = Command::LabelTransaction(label_command(
                    transaction_id,
                    customer,
                    purchase,
                    label,
                    record,
                ));
                // A label is refused only where it lies ahead of the clock, which was just put there.
                for event in RiskControl::decide(state, &self.context, &command)
                    .into_iter()
                    .flatten()
                {
                    RiskControl::evolve(state, &event);
                }
            }
            None => RiskControl::evolve(
                state,
                &Event::LabelWithdrawn(LabelWithdrawn {
                    transaction_id,
                    purchase,
                    customer,
                    known_at_us: record.known_at_us,
                }),
            ),
        }
    }

    fn partition(&self, number: i64) -> usize {
        usize::try_from(number - 1)
            .unwrap_or(0)
            .min(self.partitions.len() - 1)
    }
}

fn label_command(
    transaction_id: String,
    customer: CustomerReference,
    purchase: LabelledPurchase,
    label: Label,
    record: &LabelRecord,
) -> LabelTransaction {
    LabelTransaction {
        transaction_id,
        customer,
        purchase,
        label,
        source: record.source.unwrap_or(LabelSource::Chargeback),
        known_at_us: Some(record.known_at_us),
        note: None,
    }
}

/// Stands for the id, which columns do not hold.
fn transaction_id(id_hash: u64) -> String {
    format!("{id_hash:016x}")
}

fn entity_key(number: i64) -> Option<EntityKey> {
    let number = u64::try_from(number).ok()?;
    EntityKey::parse(&format!("{number:012x}"))
}

fn values_of(features: &Features) -> &[f64] {
    features.values()
}
