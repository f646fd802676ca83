//! From checked lines to sealed commands, in the order in which things happened.

use std::sync::{Arc, mpsc::SyncSender};

use accord_event_log::{
    CommandEnvelope, PartitionId, PartitionLayout, Sequence,
    subject_keys::{Subject, SubjectKeys},
};
use risk_control::{
    Command, CustomerReference, Decision, ImportTransaction, Label, LabelSource, LabelTransaction,
    LabelledPurchase, Transaction,
};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{
    HistoryImportError, HistoryImportSettings,
    known_commands::{KnownCommand, KnownCommands},
    record::{BadLine, HistoricalRecord},
    timeline::{Happening, Timeline},
};
use crate::application::{canonical_transaction, label_identity, transaction_identity};

/// What the decider is given for a line, or for what became known of one.
pub(super) enum Prepared {
    Command {
        line: u64,
        /// Identity of the transaction that it is about.
        transaction: Uuid,
        envelope: Box<CommandEnvelope<Command>>,
    },
    /// A transaction that the log holds.
    KnownTransaction,
    /// A label that the log holds.
    KnownLabel,
    Bad(BadLine),
}

/// A batch for the decider, or why there is no other.
pub(super) type PreparedBatch = Result<Vec<Prepared>, HistoryImportError>;

/// Tells the decider that nothing comes.
pub(super) fn give_up(batches: &SyncSender<PreparedBatch>, error: HistoryImportError) {
    // Whoever does not listen any more has ended with an error of its own.
    let _ = batches.send(Err(error));
}

/// Makes commands of one institution.
pub(super) struct CommandSource<'s> {
    settings: &'s HistoryImportSettings,
    keys: &'s SubjectKeys,
    layout: PartitionLayout,
    known: KnownCommands,
    timeline: Timeline,
    actor: Arc<str>,
}

impl<'s> CommandSource<'s> {
    pub fn new(
        settings: &'s HistoryImportSettings,
        keys: &'s SubjectKeys,
        layout: PartitionLayout,
        known: KnownCommands,
        now_us: i64,
    ) -> Self {
        Self {
            settings,
            keys,
            layout,
            known,
            timeline: Timeline::new(settings.label_delay_us, now_us),
            actor: super::actor(),
        }
    }

    /// Sends batches until the lines end or nobody listens.
    pub fn run(
        mut self,
        runtime: &Handle,
        mut lines: impl Iterator<Item = Result<HistoricalRecord, BadLine>>,
        batches: &SyncSender<PreparedBatch>,
        batch_lines: usize,
    ) {
        loop {
            let read: Vec<_> = lines.by_ref().take(batch_lines).collect();
            let ended = read.len() < batch_lines;
            let batch = self.prepare(runtime, read).map(|mut batch| {
                if ended {
                    self.end(&mut batch);
                }
                batch
            });
            let failed = batch.is_err();
            if batches.send(batch).is_err() || failed || ended {
                return;
            }
        }
    }

    fn prepare(
        &mut self,
        runtime: &Handle,
        read: Vec<Result<HistoricalRecord, BadLine>>,
    ) -> PreparedBatch {
        self.make_subjects(runtime, &read)?;
        let mut batch = Vec::with_capacity(read.len() + read.len() / 8);
        for line in read {
            match line.and_then(|record| self.not_repeated(record)) {
                Ok(record) => {
                    let mut happened = Vec::with_capacity(2);
                    self.timeline
                        .add(record, |happening| happened.push(happening));
                    for happening in happened {
                        batch.push(self.command(happening));
                    }
                }
                Err(bad) => batch.push(Prepared::Bad(bad)),
            }
        }
        Ok(batch)
    }

    fn end(&mut self, batch: &mut Vec<Prepared>) {
        let mut happened = Vec::new();
        self.timeline.end(|happening| happened.push(happening));
        batch.extend(
            happened
                .into_iter()
                .map(|happening| self.command(happening)),
        );
    }

    /// Makes the keys of customers that are new, all in one durable change.
    fn make_subjects(
        &self,
        runtime: &Handle,
        read: &[Result<HistoricalRecord, BadLine>],
    ) -> Result<(), HistoryImportError> {
        let mut new: Vec<&str> = read
            .iter()
            .flatten()
            .map(|record| record.personal.customer_id.as_str())
            .filter(|customer| self.keys.find(customer).is_none())
            .collect();
        new.sort_unstable();
        new.dedup();
        let made = new
            .into_iter()
            .map(|customer| self.keys.find_or_create(customer));
        for subject in runtime.block_on(futures::future::join_all(made)) {
            subject?;
        }
        Ok(())
    }

    /// A line whose transaction stands in the file twice, or in the log with other content, is no history.
    fn not_repeated(&mut self, record: HistoricalRecord) -> Result<HistoricalRecord, BadLine> {
        let identity = transaction_identity(&self.settings.institution, &record.transaction_id);
        let Some(known) = self.known.get_mut(&identity.as_u128()) else {
            return Ok(record);
        };
        let detail = if known.in_file {
            "stands there twice"
        } else if known.payload_hash
            != self
                .keys
                .find(&record.personal.customer_id)
                .map_or(0, |subject| {
                    content_hash(&record, &self.settings.currency, &subject)
                })
        {
            "is in the log already, with other content"
        } else {
            return Ok(record);
        };
        Err(BadLine {
            line: record.line,
            detail: format!("transaction {} {detail}", record.transaction_id),
        })
    }

    fn command(&mut self, happening: Happening) -> Prepared {
        let record = match &happening {
            Happening::Transaction(record) | Happening::Label { of: record, .. } => record,
        };
        let Some(subject) = self.keys.find(&record.personal.customer_id) else {
            return Prepared::Bad(BadLine {
                line: record.line,
                detail: "the key of its customer was destroyed meanwhile".to_owned(),
            });
        };
        match happening {
            Happening::Transaction(record) => self.import(record, &subject),
            Happening::Label {
                of,
                label,
                known_at_us,
            } => self.label(of, label, known_at_us, &subject),
        }
    }

    fn import(&mut self, record: HistoricalRecord, subject: &Subject) -> Prepared {
        let identity = transaction_identity(&self.settings.institution, &record.transaction_id);
        let payload_hash = content_hash(&record, &self.settings.currency, subject);
        let known = self
            .known
            .entry(identity.as_u128())
            .or_insert(KnownCommand {
                payload_hash: 0,
                in_file: true,
            });
        known.in_file = true;
        if known.payload_hash != 0 {
            return Prepared::KnownTransaction;
        }
        known.payload_hash = payload_hash;
        let line = record.line;
        let personal = record.personal.seal(subject, identity);
        let decision = record.decision.unwrap_or(Decision::Approve);
        let transaction = self.domain_transaction(record, subject);
        let command = Command::ImportTransaction(ImportTransaction {
            transaction,
            decision,
            personal,
        });
        self.prepared(line, identity, identity, payload_hash, subject, command)
    }

    fn label(
        &mut self,
        record: HistoricalRecord,
        label: Label,
        known_at_us: i64,
        subject: &Subject,
    ) -> Prepared {
        let institution = &self.settings.institution;
        let transaction_identity = transaction_identity(institution, &record.transaction_id);
        // Another label of the same transaction, in a later file, is a correction and no repetition. Ids hold no line
        // breaks, so the two parts cannot be mistaken.
        let key = format!("{}\n{}", record.transaction_id, label.name());
        let identity = label_identity(institution, "import", &key);
        if self.known.contains_key(&identity.as_u128()) {
            return Prepared::KnownLabel;
        }
        let line = record.line;
        let transaction = self.domain_transaction(record, subject);
        let command = Command::LabelTransaction(LabelTransaction {
            purchase: LabelledPurchase::of(&transaction),
            transaction_id: transaction.transaction_id,
            customer: transaction.customer,
            label,
            source: LabelSource::Chargeback,
            known_at_us: Some(known_at_us),
            note: None,
        });
        self.prepared(line, transaction_identity, identity, 1, subject, command)
    }

    fn prepared(
        &self,
        line: u64,
        transaction: Uuid,
        command_id: Uuid,
        payload_hash: u64,
        subject: &Subject,
        command: Command,
    ) -> Prepared {
        Prepared::Command {
            line,
            transaction,
            envelope: Box::new(CommandEnvelope {
                partition: self.partition(subject),
                command_id,
                payload_hash: Some(payload_hash),
                actor: Arc::clone(&self.actor),
                correlation_id: None,
                causation_id: None,
                traceparent: None,
                expires_at_us: u64::MAX,
                // All of the log was read, so no filter need be asked.
                absent_through: Sequence(u64::MAX),
                command,
            }),
        }
    }

    fn partition(&self, subject: &Subject) -> PartitionId {
        self.layout.partition_of(subject.reference)
    }

    fn domain_transaction(&self, record: HistoricalRecord, subject: &Subject) -> Transaction {
        let personal = &record.personal;
        Transaction {
            customer: CustomerReference(subject.reference),
            card: personal.card_key(subject),
            device: personal.device_key(self.keys),
            address: personal.address_key(self.keys),
            transaction_id: record.transaction_id,
            occurred_at_us: record.occurred_at_us,
            amount_minor: record.amount_minor,
            currency: self.settings.currency.clone(),
            terminal_id: record.terminal_id,
        }
    }
}

/// The same hash as for a live transaction of this content. Never zero.
fn content_hash(record: &HistoricalRecord, currency: &str, subject: &Subject) -> u64 {
    subject.fingerprint(&canonical_transaction(
        &record.transaction_id,
        &record.personal,
        &record.terminal_id,
        record.amount_minor,
        currency,
        Some(record.occurred_at_us),
    ))
}
