//! Take note of a transaction that was decided elsewhere while this node was away.

use accord_event_log::{Position, Reply, Unavailable};
use risk_control::{
    AdviseTransaction, Command, CustomerReference, Decision, Event, RiskControl, StandIn,
    Transaction,
};

use super::{ApplicationError, AssessRequest, CommandCaller};
use crate::node::BankNode;

/// A transaction with somebody else's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdviceRequest {
    pub transaction: AssessRequest,
    pub decision: Decision,
    pub decided_by: StandIn,
}

impl BankNode {
    /// Records a transaction that was decided elsewhere; gives where it stands, and whether it stood there before. A
    /// transaction has one identity, so one that this node decided cannot be advised as well.
    pub async fn advise(
        &self,
        caller: &CommandCaller,
        request: AdviceRequest,
    ) -> Result<(Position, bool), ApplicationError> {
        let canonical = request.canonical();
        let transaction = request.transaction;
        if transaction.currency != self.shared.currency {
            return Err(ApplicationError::OtherCurrency {
                expected: self.shared.currency.clone(),
            });
        }
        let identity = self.transaction_identity(&transaction.transaction_id);
        let subject = self
            .shared
            .keys
            .find_or_create(&transaction.personal.customer_id)
            .await?;
        let payload_hash = subject.fingerprint(&canonical);
        let customer = CustomerReference(subject.reference);
        let personal = transaction.personal.seal(&subject, identity);
        let command = Command::AdviseTransaction(AdviseTransaction {
            decision: request.decision,
            decided_by: request.decided_by,
            personal,
            transaction: Transaction {
                card: transaction.personal.card_key(&subject),
                device: transaction.personal.device_key(&self.shared.keys),
                address: transaction.personal.address_key(&self.shared.keys),
                transaction_id: transaction.transaction_id,
                customer,
                occurred_at_us: transaction
                    .occurred_at_us
                    .unwrap_or_else(|| self.shared.clock.now_us()),
                amount_minor: transaction.amount_minor,
                currency: transaction.currency,
                terminal_id: transaction.terminal_id,
            },
        });
        let envelope = self.envelope(
            caller,
            self.partition_of(customer),
            identity,
            Some(payload_hash),
            command,
        );
        match self.ask_once(caller, envelope).await? {
            Reply::Committed { through, .. } => Ok((self.position(through), false)),
            Reply::Duplicate { sequence } => {
                let recorded = self
                    .shared
                    .reader
                    .read_event::<RiskControl>(sequence)
                    .await?;
                let same = matches!(recorded.event, Event::TransactionAdvised(_))
                    && recorded.metadata.payload_hash == payload_hash;
                if same {
                    Ok((self.position(sequence), true))
                } else {
                    Err(ApplicationError::KeyReused)
                }
            }
            Reply::KeyReused { .. } => Err(ApplicationError::KeyReused),
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            Reply::CheckArchive { .. } => Err(Unavailable::Expired.into()),
        }
    }
}

impl AdviceRequest {
    /// Everything that the caller said.
    fn canonical(&self) -> Vec<u8> {
        let mut canonical = self.transaction.canonical();
        canonical.extend_from_slice(self.decision.name().as_bytes());
        canonical.push(b'/');
        canonical.extend_from_slice(self.decided_by.name().as_bytes());
        canonical
    }
}
