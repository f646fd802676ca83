//! Why a command on a case is refused.

/// Refusals of case work. Nothing is stored for them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseRejection {
    #[error("the case is closed, and too long ago for anything to change")]
    OutOfReach,
    #[error("the case has changed meanwhile: it is at version {current}")]
    VersionMismatch { current: u64 },
    #[error("the case is closed; reopen it first")]
    Closed,
    #[error("the case is open; there is nothing to undo")]
    NotClosed,
    #[error("somebody else works on this case; a supervisor may take it away")]
    AssignedToAnother,
    #[error("the case was escalated; it needs a supervisor")]
    NeedsSupervisor,
    #[error("only who resolved the case, or a supervisor, may undo it")]
    NotTheirResolution,
    #[error("a resolution can be undone only for a limited time, which is over")]
    UndoWindowOver,
    #[error("an expired case cannot be reopened")]
    Expired,
    #[error(
        "limits must ascend, alerts begin above approve, and times lie between a minute and 30 days, shorter for \
         higher severity"
    )]
    InvalidSettings,
    #[error("the settings' version must follow the current one")]
    StaleSettingsVersion,
}
