//! Wire types of cases.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::wire::{ReasonBody, TransactionSummary};

/// One case, short.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseSummary {
    pub case_id: String,
    /// `new`, `assigned`, `escalated`, `resolved` or `expired`.
    pub state: &'static str,
    /// `low`, `medium` or `high`.
    pub severity: &'static str,
    /// It waits for a supervisor.
    pub escalated: bool,
    pub assignee: Option<String>,
    /// Absent once the customer's personal data is erased.
    pub customer_id: Option<String>,
    /// Alerted transactions.
    pub alerts: u64,
    /// Sum of their amounts.
    pub amount_minor: i64,
    /// Sum of score times amount.
    pub expected_loss_minor: i64,
    pub currency: String,
    /// Strongest reason of the transaction that opened it.
    pub reason: Option<String>,
    pub opened_at: String,
    pub due_at: String,
    pub overdue: bool,
    /// Of an open case: one point more for each doubling of the expected loss and for each day of waiting.
    pub priority: Option<f64>,
    /// Send it as `If-Match: "7"` with a change.
    pub version: u64,
    /// `confirmed_fraud`, `genuine` or `inconclusive`, once it is resolved.
    pub disposition: Option<&'static str>,
    pub closed_at: Option<String>,
    pub resolved_by: Option<String>,
    /// Until when the resolution can be undone.
    pub undo_until: Option<String>,
}

/// How many open cases there are, whatever the list is narrowed to.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseFiguresBody {
    pub open: u64,
    pub unassigned: u64,
    pub escalated: u64,
    pub overdue: u64,
    pub expected_loss_minor: i64,
}

/// A page of cases.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseList {
    pub cases: Vec<CaseSummary>,
    /// Give it as `cursor` for the next page; absent on the last page.
    pub next_cursor: Option<String>,
    pub figures: CaseFiguresBody,
}

/// An alerted transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseTransactionBody {
    #[serde(flatten)]
    pub transaction: TransactionSummary,
    pub expected_loss_minor: i64,
    pub raised_at: String,
    pub reasons: Vec<ReasonBody>,
}

/// Something that happened to a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseHistoryBody {
    /// `CaseAssigned`, `CaseReleased`, `CaseNoted`, `CaseEscalated`, `CaseResolved`, `CaseReopened` or `CaseExpired`.
    pub kind: String,
    pub recorded_at: String,
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One case with everything about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseDetail {
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// Oldest first.
    pub transactions: Vec<CaseTransactionBody>,
    /// Oldest first.
    pub history: Vec<CaseHistoryBody>,
}

/// To whom a case goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBody {
    /// Id of a principal; absent: the caller.
    #[schema(max_length = 64)]
    pub assignee: Option<String>,
}

/// Nothing more to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmptyBody {}

/// A note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// 1 to 2,000 bytes. Stored only encrypted.
    #[schema(max_length = 2000)]
    pub note: String,
}

/// A note, if there is something to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionalNoteBody {
    /// At most 2,000 bytes. Stored only encrypted.
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// What a case turned out to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "disposition": "confirmed_fraud", "note": "The customer did not make these purchases." }))]
pub struct ResolveBody {
    pub disposition: DispositionName,
    /// At most 2,000 bytes. Stored only encrypted.
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DispositionName {
    ConfirmedFraud,
    Genuine,
    Inconclusive,
}

/// A case after a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseAnswerBody {
    pub case_id: String,
    pub version: u64,
    pub position: String,
}

/// The same work on many cases, each on its own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "action": "resolve", "disposition": "genuine",
    "cases": [{ "case_id": "0123456789abcdef-17", "version": 1 }]
}))]
pub struct BulkBody {
    pub action: BulkAction,
    /// With `assign`; absent: the caller.
    #[schema(max_length = 64)]
    pub assignee: Option<String>,
    /// With `resolve`.
    pub disposition: Option<DispositionName>,
    /// With `note`, `escalate`, `resolve` and `reopen`.
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// 1 to 200.
    #[schema(min_items = 1, max_items = 200)]
    pub cases: Vec<BulkCase>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkAction {
    Assign,
    Release,
    Note,
    Escalate,
    Resolve,
    Reopen,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkCase {
    pub case_id: String,
    /// The version that the caller has seen.
    pub version: u64,
}

/// What became of each case, in the order asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkAnswer {
    pub succeeded: u64,
    pub failed: u64,
    pub results: Vec<BulkResult>,
    /// All that succeeded is in by then; absent where nothing did.
    pub position: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    pub case_id: String,
    /// The HTTP status that this work alone would have had.
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<accord_service::problem::ProblemDocument>,
}

/// Settings of case work.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseSettingsBody {
    /// 0 while nobody has set anything.
    pub version: u32,
    /// The mildest decision that raises an alert: `challenge`, `review` or `decline`.
    pub alert_from: &'static str,
    /// Expected loss from which on a case is of medium severity.
    pub medium_loss_minor: i64,
    pub high_loss_minor: i64,
    /// Minutes after which a case is due, by severity.
    pub low_due_minutes: u32,
    pub medium_due_minutes: u32,
    pub high_due_minutes: u32,
    /// Minutes for which a resolution can be undone.
    pub undo_minutes: u32,
    pub position: String,
}

/// Other settings of case work, all of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "alert_from": "review", "medium_loss_minor": 5000, "high_loss_minor": 25000, "low_due_minutes": 4320,
    "medium_due_minutes": 1440, "high_due_minutes": 240, "undo_minutes": 1440
}))]
pub struct CaseSettingsChange {
    pub alert_from: AlertFrom,
    pub medium_loss_minor: i64,
    pub high_loss_minor: i64,
    pub low_due_minutes: u32,
    pub medium_due_minutes: u32,
    pub high_due_minutes: u32,
    pub undo_minutes: u32,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertFrom {
    Challenge,
    Review,
    Decline,
}
