//! Cases: what people look at, and what they find.
//!
//! An assessed transaction that was decided strictly enough raises an **alert**, an event of its own in the commit of
//! the assessment, so that a change of the settings never changes what an old event meant. A **case** gathers the
//! alerts of one customer and lives in the customer's partition; its first alert opens it. An analyst assigns, notes,
//! escalates and resolves it; the resolution labels its transactions in the same commit, and can be undone for a while.
//!
//! Memory is bounded: a case gathers at most [`ALERTS_MAX`] alerts (the next one opens another case), a partition holds
//! at most [`OPEN_CASES_MAX`] open cases (the oldest expires for the next one), and a resolved case leaves once its
//! resolution can no longer be undone.

mod add_note;
mod assign;
mod case;
mod case_book;
mod case_id;
mod command;
mod configure;
mod disposition;
mod escalate;
mod events;
mod raise_alert;
mod rejection;
mod release;
mod reopen;
mod resolve;
mod settings;

pub use add_note::AddCaseNote;
pub use assign::AssignCase;
pub use case::{ALERTS_MAX, Case, CaseAlert};
pub use case_book::{CaseBook, OPEN_CASES_MAX};
pub use case_id::CaseId;
pub use command::{CaseAction, CaseAuthority, CaseCommand};
pub use configure::{AdoptCaseSettings, ConfigureCases};
pub use disposition::Disposition;
pub use escalate::EscalateCase;
pub use events::{
    AlertRaised, CaseAssigned, CaseEscalated, CaseEvent, CaseExpired, CaseHappening, CaseNoted,
    CaseReleased, CaseReopened, CaseResolved, CaseSettingsAdopted, CaseSettingsChanged,
    event_types,
};
pub(crate) use raise_alert::raise_alert;
pub use rejection::CaseRejection;
pub use release::ReleaseCase;
pub use reopen::ReopenCase;
pub use resolve::ResolveCase;
pub use settings::{CaseSettings, Severity};
