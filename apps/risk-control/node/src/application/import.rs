//! Take over transactions of the past, with what they turned out to be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use accord_event_log::{Reply, subject_keys::Subject};
use risk_control::{
    Command, CustomerReference, Decision, ImportTransaction, Label, LabelSource, LabelTransaction,
    LabelledPurchase, Transaction,
};
use uuid::Uuid;

use super::{ApplicationError, CommandCaller, command_id};
use crate::{node::BankNode, personal::PersonalFields};
use accord_service::IdempotencyScope;

/// A transaction of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoricalTransaction {
    pub transaction_id: String,
    pub personal: PersonalFields,
    pub terminal_id: String,
    pub amount_minor: i64,
    pub occurred_at_us: i64,
}

/// What a transaction of the past turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoricalLabel {
    pub transaction: HistoricalTransaction,
    pub label: Label,
    pub known_at_us: i64,
}

/// An import waits for room in the queue instead of being refused, so its commands may wait long.
const IMPORT_DEADLINE: Duration = Duration::from_secs(120);

impl BankNode {
    /// Imports transactions of one chunk, all under way at once. Repeating a chunk changes nothing.
    pub async fn import(
        &self,
        actor: &Arc<str>,
        transactions: impl IntoIterator<Item = HistoricalTransaction>,
    ) -> Result<u64, ApplicationError> {
        let caller = CommandCaller {
            actor: Arc::clone(actor),
            deadline: Instant::now() + IMPORT_DEADLINE,
            traceparent: None,
        };
        let mut asked = Vec::new();
        for transaction in transactions {
            let subject = self
                .shared
                .keys
                .find_or_create(&transaction.personal.customer_id)
                .await?;
            let identity = self.transaction_identity(&transaction.transaction_id);
            let personal = transaction.personal.seal(&subject, identity);
            let transaction = self.domain_transaction(transaction, &subject);
            let customer = transaction.customer;
            let command = Command::ImportTransaction(ImportTransaction {
                personal,
                transaction,
                decision: Decision::Approve,
            });
            let envelope = self.envelope(
                &caller,
                self.partition_of(customer),
                identity,
                Some(1),
                command,
            );
            asked.push(self.shared.bus.send_patiently(envelope).await);
        }
        self.all_done(asked).await
    }

    /// Labels imported transactions. The caller knows that they exist and whose they are.
    pub async fn import_labels(
        &self,
        actor: &Arc<str>,
        labels: impl IntoIterator<Item = HistoricalLabel>,
    ) -> Result<u64, ApplicationError> {
        let caller = CommandCaller {
            actor: Arc::clone(actor),
            deadline: Instant::now() + IMPORT_DEADLINE,
            traceparent: None,
        };
        let mut asked = Vec::new();
        for labelled in labels {
            let customer_id = &labelled.transaction.personal.customer_id;
            let Some(subject) = self.shared.keys.find(customer_id) else {
                return Err(ApplicationError::UnknownTransaction);
            };
            let transaction = self.domain_transaction(labelled.transaction, &subject);
            let customer = transaction.customer;
            let identity = self.label_identity("import", &transaction.transaction_id);
            let command = Command::LabelTransaction(LabelTransaction {
                purchase: LabelledPurchase::of(&transaction),
                transaction_id: transaction.transaction_id,
                customer,
                label: labelled.label,
                source: LabelSource::Chargeback,
                known_at_us: Some(labelled.known_at_us),
                note: None,
            });
            let envelope = self.envelope(
                &caller,
                self.partition_of(customer),
                identity,
                Some(1),
                command,
            );
            asked.push(self.shared.bus.send_patiently(envelope).await);
        }
        self.all_done(asked).await
    }

    fn domain_transaction(
        &self,
        transaction: HistoricalTransaction,
        subject: &Subject,
    ) -> Transaction {
        let personal = &transaction.personal;
        Transaction {
            customer: CustomerReference(subject.reference),
            card: personal.card_key(subject),
            device: personal.device_key(&self.shared.keys),
            address: personal.address_key(&self.shared.keys),
            transaction_id: transaction.transaction_id,
            occurred_at_us: transaction.occurred_at_us,
            amount_minor: transaction.amount_minor,
            currency: self.shared.currency.clone(),
            terminal_id: transaction.terminal_id,
        }
    }

    pub(crate) fn label_identity(&self, caller: &str, key: &str) -> Uuid {
        label_identity(&self.shared.name, caller, key)
    }

    async fn all_done(
        &self,
        asked: Vec<impl Future<Output = super::BankReply>>,
    ) -> Result<u64, ApplicationError> {
        let mut new = 0;
        for reply in futures::future::join_all(asked).await {
            match reply {
                Reply::Committed { .. } => new += 1,
                // A chunk that is imported again after a kill: what is there stays.
                Reply::Duplicate { .. } | Reply::KeyReused { .. } | Reply::CheckArchive { .. } => {}
                Reply::Rejected(rejection) => return Err(ApplicationError::Rejected(rejection)),
                Reply::Unavailable(unavailable) => return Err(unavailable.into()),
            }
        }
        Ok(new)
    }
}

/// Identity of a label: who gives it, under which key.
pub(crate) fn label_identity(institution: &str, caller: &str, key: &str) -> Uuid {
    command_id(
        IdempotencyScope {
            institution,
            caller,
            operation: "label",
            key,
        }
        .hash(),
    )
}
