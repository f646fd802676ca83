//! Write something down about a case.

use super::{Case, CaseHappening, CaseNoted, CaseRejection, command::happened};
use crate::events::Event;

/// Anyone who works cases may note something, also on one that is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCaseNote {
    /// Sealed under the customer's key.
    pub note: String,
}

impl AddCaseNote {
    pub(super) fn decide(&self, case: &Case) -> Result<Vec<Event>, CaseRejection> {
        Ok(vec![happened(
            case,
            CaseHappening::Noted(CaseNoted {
                note: self.note.clone(),
            }),
        )])
    }
}
