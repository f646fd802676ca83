//! Hand a case to a supervisor.

use super::{Case, CaseEscalated, CaseHappening, CaseRejection, command::happened};
use crate::events::Event;

/// Lets the case wait for a supervisor, assigned to nobody. Anyone who works cases may ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalateCase {
    /// Why; sealed under the customer's key.
    pub note: Option<String>,
}

impl EscalateCase {
    pub(super) fn decide(&self, case: &Case) -> Result<Vec<Event>, CaseRejection> {
        if case.closing.is_some() {
            return Err(CaseRejection::Closed);
        }
        if case.escalated {
            return Ok(Vec::new());
        }
        Ok(vec![happened(
            case,
            CaseHappening::Escalated(CaseEscalated {
                note: self.note.clone(),
            }),
        )])
    }
}
