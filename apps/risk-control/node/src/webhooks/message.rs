//! What a message says. Made when it is sent, from the log and with the keys of that moment, so that an erased customer
//! is named in no attempt after the erasure.

use accord_event_log::{Recorded, Sequence};
use risk_control::{CaseEvent, CaseHappening, Event, RiskControl};
use serde_json::{Value, json};

use crate::{
    application::ApplicationError, http::transactions::time_text, node::BankNode,
    projections::webhook_event_type,
};

impl BankNode {
    /// The body of the message about one event of the log; `None` for an event of which nobody is told.
    pub(super) async fn webhook_body(
        &self,
        sequence: Sequence,
    ) -> Result<Option<Vec<u8>>, ApplicationError> {
        let recorded = self
            .shared
            .reader
            .read_event::<RiskControl>(sequence)
            .await?;
        let Some(event_type) = webhook_event_type(&recorded) else {
            return Ok(None);
        };
        let data = self.webhook_data(&recorded).await?;
        let message = json!({
            "type": event_type.name(),
            "timestamp": time_text(recorded.metadata.recorded_at_us),
            "institution": self.shared.name,
            "data": data,
        });
        Ok(Some(message.to_string().into_bytes()))
    }

    async fn webhook_data(&self, recorded: &Recorded<Event>) -> Result<Value, ApplicationError> {
        let actor = &*recorded.metadata.actor;
        Ok(match &recorded.event {
            Event::TransactionLabelled(event) => json!({
                "transaction_id": event.transaction_id,
                "customer_id": self.customer_of(&event.transaction_id).await?,
                "label": event.label.name(),
                "source": event.source.name(),
                "known_at": time_text(event.known_at_us),
                "actor": actor,
            }),
            Event::LabelWithdrawn(event) => json!({
                "transaction_id": event.transaction_id,
                "customer_id": self.customer_of(&event.transaction_id).await?,
                "label": null,
                "source": "analyst",
                "known_at": time_text(event.known_at_us),
                "actor": actor,
            }),
            Event::Case(event) => self.case_data(event, actor).await?,
            _ => Value::Null,
        })
    }

    async fn case_data(&self, event: &CaseEvent, actor: &str) -> Result<Value, ApplicationError> {
        let row = self.case_row(event.case).await?;
        let mut data = json!({
            "case_id": event.case.to_string(),
            "customer_id": row.and_then(|row| row.customer_id),
            "actor": actor,
        });
        let more = match &event.happened {
            CaseHappening::AlertRaised(alert) => json!({
                "transaction_id": alert.transaction_id,
                "severity": alert.severity.name(),
                "expected_loss_minor": alert.expected_loss_minor,
                "currency": self.shared.currency,
                "due_at": time_text(alert.due_at_us),
            }),
            CaseHappening::Resolved(resolved) => json!({
                "disposition": resolved.disposition.name(),
                "resolved_by": resolved.by,
                "resolved_at": time_text(resolved.resolved_at_us),
                "undo_until": time_text(resolved.undo_until_us),
                "labelled_transactions": resolved.labelled,
            }),
            _ => Value::Null,
        };
        if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
            data.extend(more);
        }
        Ok(data)
    }

    /// The bank's number of a transaction's customer; `None` once the customer's key is destroyed.
    async fn customer_of(&self, transaction_id: &str) -> Result<Option<String>, ApplicationError> {
        let row = self.transaction_row(transaction_id).await?;
        Ok(row
            .and_then(|row| self.personal(&row))
            .map(|fields| fields.customer_id))
    }
}
