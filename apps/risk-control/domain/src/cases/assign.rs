//! Give a case to somebody.

use super::{Case, CaseAssigned, CaseCommand, CaseHappening, CaseRejection, command::happened};
use crate::events::Event;

/// Lets `assignee` work the case. Who has it already keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignCase {
    /// Id of a principal: often who asks.
    pub assignee: String,
}

impl AssignCase {
    pub(super) fn decide(
        &self,
        command: &CaseCommand,
        case: &Case,
    ) -> Result<Vec<Event>, CaseRejection> {
        command.check_may_work(case)?;
        if case.assignee.as_ref() == Some(&self.assignee) {
            return Ok(Vec::new());
        }
        Ok(vec![happened(
            case,
            CaseHappening::Assigned(CaseAssigned {
                assignee: self.assignee.clone(),
            }),
        )])
    }
}
