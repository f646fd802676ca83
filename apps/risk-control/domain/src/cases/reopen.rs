//! Undo a resolution.

use super::{
    Case, CaseCommand, CaseHappening, CaseRejection, CaseReopened,
    case::{AlertResolution, CaseAlert},
    command::happened,
};
use crate::{
    events::{Event, LabelWithdrawn, TransactionLabelled},
    ids::CustomerReference,
    transaction::LabelSource,
};

/// Opens a resolved case again and takes its labels back: a transaction gets the label that it had before, or none.
/// A label that came from elsewhere since stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReopenCase {
    /// Sealed under the customer's key.
    pub note: Option<String>,
}

impl ReopenCase {
    pub(super) fn decide(
        &self,
        command: &CaseCommand,
        case: &Case,
        now_us: i64,
    ) -> Result<Vec<Event>, CaseRejection> {
        let closing = case.closing.as_ref().ok_or(CaseRejection::NotClosed)?;
        let resolved_by = closing.resolved_by.as_ref().ok_or(CaseRejection::Expired)?;
        if *resolved_by != command.by && !command.is_supervisor() {
            return Err(CaseRejection::NotTheirResolution);
        }
        if now_us > closing.undo_until_us {
            return Err(CaseRejection::UndoWindowOver);
        }
        let reopened = happened(
            case,
            CaseHappening::Reopened(CaseReopened {
                note: self.note.clone(),
            }),
        );
        let labels = case
            .alerts
            .iter()
            .filter_map(|alert| taken_back(alert, case.id.customer, now_us));
        Ok(std::iter::once(reopened).chain(labels).collect())
    }
}

fn taken_back(alert: &CaseAlert, customer: CustomerReference, now_us: i64) -> Option<Event> {
    let AlertResolution::Labelled { before } = alert.resolution else {
        return None;
    };
    let transaction_id = alert.transaction_id.clone();
    let purchase = alert.purchase.clone();
    Some(match before {
        Some(label) => Event::TransactionLabelled(TransactionLabelled {
            transaction_id,
            customer,
            purchase: Some(purchase),
            label,
            source: LabelSource::Analyst,
            known_at_us: now_us,
            note: None,
        }),
        None => Event::LabelWithdrawn(LabelWithdrawn {
            transaction_id,
            purchase,
            customer,
            known_at_us: now_us,
        }),
    })
}
