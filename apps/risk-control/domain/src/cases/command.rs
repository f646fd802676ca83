//! A command on one case: who asks, with what authority, and for which version.

use super::{
    AddCaseNote, AssignCase, Case, CaseEvent, CaseHappening, CaseId, CaseRejection, EscalateCase,
    ReleaseCase, ReopenCase, ResolveCase,
};
use crate::{commands::Rejection, decider::Context, events::Event, state::CustomerPartition};

/// What somebody wants done with a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseCommand {
    pub case: CaseId,
    /// The version that the caller has seen; `None` accepts any.
    pub expected_version: Option<u64>,
    /// Id of the principal who asks.
    pub by: String,
    pub authority: CaseAuthority,
    pub action: CaseAction,
}

/// What the caller's roles allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseAuthority {
    Analyst,
    /// May take cases away from others, work escalated ones and undo what others resolved.
    Supervisor,
}

/// One thing to do with a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseAction {
    Assign(AssignCase),
    Release(ReleaseCase),
    AddNote(AddCaseNote),
    Escalate(EscalateCase),
    Resolve(ResolveCase),
    Reopen(ReopenCase),
}

impl CaseCommand {
    pub(crate) fn decide(
        &self,
        state: &CustomerPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        self.decide_case(state, context).map_err(Rejection::Case)
    }

    fn decide_case(
        &self,
        state: &CustomerPartition,
        context: &Context,
    ) -> Result<Vec<Event>, CaseRejection> {
        let case = state
            .cases
            .find(self.case)
            .ok_or(CaseRejection::OutOfReach)?;
        if self
            .expected_version
            .is_some_and(|expected| expected != case.version)
        {
            return Err(CaseRejection::VersionMismatch {
                current: case.version,
            });
        }
        match &self.action {
            CaseAction::Assign(action) => action.decide(self, case),
            CaseAction::Release(action) => action.decide(self, case),
            CaseAction::AddNote(action) => action.decide(case),
            CaseAction::Escalate(action) => action.decide(case),
            CaseAction::Resolve(action) => {
                action.decide(self, case, state.case_settings(), context.now_us)
            }
            CaseAction::Reopen(action) => action.decide(self, case, context.now_us),
        }
    }

    pub(super) fn is_supervisor(&self) -> bool {
        self.authority == CaseAuthority::Supervisor
    }

    /// Whether the caller may work on this open case.
    pub(super) fn check_may_work(&self, case: &Case) -> Result<(), CaseRejection> {
        if case.closing.is_some() {
            return Err(CaseRejection::Closed);
        }
        if self.is_supervisor() {
            return Ok(());
        }
        if case.escalated {
            return Err(CaseRejection::NeedsSupervisor);
        }
        match &case.assignee {
            Some(assignee) if *assignee != self.by => Err(CaseRejection::AssignedToAnother),
            _ => Ok(()),
        }
    }
}

/// An event of the case.
pub(super) fn happened(case: &Case, happened: CaseHappening) -> Event {
    Event::Case(CaseEvent {
        case: case.id,
        happened,
    })
}
