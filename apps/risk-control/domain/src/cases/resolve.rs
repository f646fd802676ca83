//! Say what a case turned out to be.

use super::{
    Case, CaseCommand, CaseHappening, CaseRejection, CaseResolved, CaseSettings, Disposition,
    command::happened,
};
use crate::{
    events::{Event, TransactionLabelled},
    transaction::LabelSource,
};

/// Closes the case and labels its transactions in the same commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveCase {
    pub disposition: Disposition,
    /// Sealed under the customer's key.
    pub note: Option<String>,
}

impl ResolveCase {
    pub(super) fn decide(
        &self,
        command: &CaseCommand,
        case: &Case,
        settings: &CaseSettings,
        now_us: i64,
    ) -> Result<Vec<Event>, CaseRejection> {
        command.check_may_work(case)?;
        let label = self.disposition.label();
        // A transaction that already has this label, by a chargeback for example, is not labelled a second time.
        let to_label: Vec<_> = case
            .alerts
            .iter()
            .filter(|alert| label.is_some() && alert.label != label)
            .collect();
        let labels: Vec<Event> = to_label
            .iter()
            .filter_map(|alert| {
                Some(Event::TransactionLabelled(TransactionLabelled {
                    transaction_id: alert.transaction_id.clone(),
                    customer: case.id.customer,
                    purchase: Some(alert.purchase.clone()),
                    label: label?,
                    source: LabelSource::Analyst,
                    known_at_us: now_us,
                    note: None,
                }))
            })
            .collect();
        let labelled = to_label
            .iter()
            .map(|alert| alert.transaction_id.clone())
            .collect();
        let resolved = happened(
            case,
            CaseHappening::Resolved(CaseResolved {
                disposition: self.disposition,
                by: command.by.clone(),
                resolved_at_us: now_us,
                undo_until_us: now_us.saturating_add(settings.undo_us()),
                labelled,
                note: self.note.clone(),
            }),
        );
        Ok(std::iter::once(resolved).chain(labels).collect())
    }
}
