//! Wire types of governance.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule as somebody writes it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "id": "card-testing", "condition": "customer_count_1_hour >= 6.0 && amount < 10.0", "outcome": "challenge",
    "mode": "shadow", "reason": "Many small purchases within an hour"
}))]
pub struct RuleBody {
    /// Lower-case letters, digits and dashes.
    #[schema(max_length = 40)]
    pub id: String,
    /// In the Common Expression Language; `GET /v1/rules/fields` gives the fields.
    #[schema(max_length = 1000)]
    pub condition: String,
    pub outcome: OutcomeName,
    #[serde(default)]
    pub mode: ModeName,
    /// For the analyst who sees the transaction.
    #[schema(max_length = 200)]
    pub reason: String,
}

/// What a transaction that fulfils a rule gets at least; `approve` lifts what the score alone would have done.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeName {
    Approve,
    Challenge,
    Review,
    Decline,
}

/// Whether a rule decides.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModeName {
    Active,
    /// Evaluated and recorded, but decides nothing.
    #[default]
    Shadow,
    Off,
}

/// Scores from which on a transaction is treated more strictly.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ThresholdsBody {
    pub challenge: f64,
    pub review: f64,
    pub decline: f64,
}

/// A list.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListNameBody {
    /// Approves, whatever score and rules say; a block overrides it.
    Allow,
    /// Declines.
    Block,
    /// Decides nothing by itself; rules ask for it.
    Watch,
}

/// What an entry of a list names.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListedKindBody {
    Customer,
    Terminal,
    Card,
    Device,
}

/// Puts somebody or something on a list, or takes it off.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "action": "add", "list": "block", "kind": "card", "value": "card-1", "comment": "stolen" }))]
pub struct ListChangeBody {
    pub action: ListAction,
    pub list: ListNameBody,
    pub kind: ListedKindBody,
    /// Your number or id of it. Stored only as a keyed fingerprint, with the last four characters of anything personal.
    #[schema(max_length = 64)]
    pub value: Option<String>,
    /// Instead of `value`, to take off an entry that `GET /v1/lists` gave.
    pub fingerprint: Option<String>,
    /// RFC 3339; absent: for ever.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// Do not write names of people into it.
    #[schema(max_length = 200)]
    pub comment: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListAction {
    Add,
    Remove,
}

/// A change of the policy. Whatever is absent stays as it is in the active policy.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Watch card testing", "put_rules": [{
        "id": "card-testing", "condition": "customer_count_1_hour >= 6.0 && amount < 10.0", "outcome": "challenge",
        "mode": "shadow", "reason": "Many small purchases within an hour"
    }]
}))]
pub struct DraftBody {
    #[schema(max_length = 200)]
    pub title: String,
    /// Hash of a published model that is to decide; what is known of it now goes with the draft. Without `thresholds` it
    /// brings those of its card.
    #[schema(max_length = 64)]
    pub model: Option<String>,
    pub thresholds: Option<ThresholdsBody>,
    /// All rules, in their order.
    pub rules: Option<Vec<RuleBody>>,
    /// Rules that take the place of those with the same ids, or come last.
    #[serde(default)]
    pub put_rules: Vec<RuleBody>,
    /// Ids of rules to take out.
    #[serde(default)]
    pub remove_rules: Vec<String>,
    #[serde(default)]
    pub list_changes: Vec<ListChangeBody>,
}

/// What a step left a draft as.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftAnswer {
    pub draft: u64,
    /// Also the ETag.
    pub version: u64,
    pub position: String,
}

/// A submission.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmissionBody {
    /// Hash of the back-test that goes with it.
    #[schema(max_length = 64)]
    pub back_test: Option<String>,
}

/// An approval: of exactly what was shown.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalBody {
    /// As `GET /v1/policy-drafts/{draft}` gave it.
    pub candidate_hash: String,
    /// As it was submitted; absent where no back-test was.
    pub back_test: Option<String>,
}

/// Why.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonGiven {
    #[schema(max_length = 200)]
    pub reason: String,
}

/// What a second person thinks of a rule that was switched off.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchOffReviewBody {
    /// Whether it stays off; otherwise it is as it was.
    pub confirmed: bool,
    #[schema(max_length = 200)]
    pub reason: String,
}

/// Nothing to say beside the address.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoContent {}

/// The new policy is durable; the data partitions adopt it one by one.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyChangeAnswer {
    /// Version of the policy.
    pub version: u32,
    /// Data partitions that use it already; `GET /v1/policy` follows it.
    pub adopted: u64,
    pub partitions: u64,
    pub position: String,
}

/// A rule of a policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RuleView {
    pub id: String,
    pub version: u32,
    pub condition: String,
    pub outcome: &'static str,
    pub mode: &'static str,
    pub reason: String,
}

/// A rule of the active policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActiveRuleView {
    #[serde(flatten)]
    pub rule: RuleView,
    /// Transactions that fulfilled it today or yesterday, event time in UTC.
    pub hits_recent: u64,
    /// Ever, over all versions.
    pub hits_total: u64,
    /// It uses a field that this binary does not have, so it is never fulfilled.
    pub broken: bool,
    /// One person switched it off, and no second one has looked at it yet.
    pub switched_off: Option<SwitchedOffView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SwitchedOffView {
    /// How the rule was before.
    pub was: String,
    pub reason: String,
    pub person: String,
    pub switched_off_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RuleList {
    pub policy_version: Option<u32>,
    pub rules: Vec<ActiveRuleView>,
}

/// A field that rules may use.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldView {
    pub name: String,
    /// `bool`, `int`, `double` or `string`.
    #[serde(rename = "type")]
    pub field_type: &'static str,
    /// Whether it may be `null`.
    pub optional: bool,
    pub description: String,
}

/// A condition to check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "condition": "amuont > 500.0" }))]
pub struct ConditionBody {
    pub condition: String,
}

/// What is wrong with a condition, or what it uses.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValidationAnswer {
    pub valid: bool,
    pub faults: Vec<FaultView>,
    /// Fields that it uses.
    pub fields: Vec<String>,
    /// Steps that an evaluation takes at most.
    pub cost: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FaultView {
    pub line: u32,
    pub column: u32,
    pub message: String,
}

/// An entry of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListEntryView {
    pub list: String,
    pub kind: String,
    pub fingerprint: String,
    /// A terminal's id, or the last characters of anything personal.
    pub hint: String,
    pub expires_at: Option<String>,
    pub comment: String,
    pub added_at: String,
    pub added_by: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ListEntries {
    /// The newest 1,000.
    pub entries: Vec<ListEntryView>,
}

/// A policy that decides or decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyView {
    pub version: u32,
    /// SHA-256 of the model.
    pub model: String,
    pub thresholds: ThresholdsBody,
    pub rules: Vec<RuleView>,
    pub activated_at: String,
    pub activated_by: String,
}

/// One thing that a draft would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DifferenceView {
    /// `rule card-testing`, `threshold review`, `model`, `block list`.
    pub subject: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A draft in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftSummary {
    pub draft: u64,
    pub version: u64,
    pub title: String,
    /// `open`, `submitted`, `approved`, `activated` or `discarded`.
    pub stage: &'static str,
    /// The policy that it was made from does not decide any more: it must be revised.
    pub stale: bool,
    /// Version of the policy that it became.
    pub activated: Option<u32>,
    pub created_at: String,
    pub changed_at: String,
}

/// Something that happened to a draft or a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepView {
    pub step: String,
    pub person: String,
    pub detail: Option<String>,
    pub at: String,
}

/// One draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftDetail {
    #[serde(flatten)]
    pub summary: DraftSummary,
    pub base_version: u32,
    /// What an approval must name.
    pub candidate_hash: String,
    pub back_test: Option<String>,
    /// The model that would decide.
    pub model: String,
    /// Where it is another one: hashes of its card and of the comparison that was shown, both part of the candidate.
    pub model_card: Option<String>,
    pub comparison: Option<String>,
    pub thresholds: ThresholdsBody,
    pub rules: Vec<RuleView>,
    /// What it changes of the policy that it was made from.
    pub differences: Vec<DifferenceView>,
    pub history: Vec<StepView>,
}
