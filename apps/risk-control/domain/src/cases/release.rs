//! Give a case back.

use super::{Case, CaseCommand, CaseHappening, CaseRejection, CaseReleased, command::happened};
use crate::events::Event;

/// Lets nobody work the case. One that nobody works is fulfilled already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseCase;

impl ReleaseCase {
    pub(super) fn decide(
        &self,
        command: &CaseCommand,
        case: &Case,
    ) -> Result<Vec<Event>, CaseRejection> {
        command.check_may_work(case)?;
        if case.assignee.is_none() {
            return Ok(Vec::new());
        }
        Ok(vec![happened(
            case,
            CaseHappening::Released(CaseReleased {}),
        )])
    }
}
