//! Wire types: what the API takes and gives. They are not the domain's events and change on their own schedule.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A transaction to decide.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "transaction_id": "my-first-transaction", "customer_id": "customer-1", "terminal_id": "terminal-1",
    "amount_minor": 1250, "currency": "EUR"
}))]
pub struct AssessTransactionBody {
    /// Your id of the transaction, which is its identity: sending it again gives the same answer. Absent: one is made
    /// from the `Idempotency-Key`, or a fresh one where there is none.
    #[schema(max_length = 64)]
    pub transaction_id: Option<String>,
    /// Your number of the customer. Stored only encrypted.
    #[schema(max_length = 64)]
    pub customer_id: String,
    /// Stored only encrypted.
    #[schema(max_length = 64)]
    pub card_id: Option<String>,
    /// Stored only encrypted.
    #[schema(max_length = 64)]
    pub device_id: Option<String>,
    /// Network address (IPv4 or IPv6) that the purchase came from. Stored only encrypted.
    #[schema(max_length = 45)]
    pub ip_address: Option<String>,
    #[schema(max_length = 64)]
    pub terminal_id: String,
    /// Integer minor units of the currency (cents for EUR), 0 to 100,000,000,000.
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub amount_minor: i64,
    /// ISO 4217; the currency that the bank accounts in.
    #[schema(example = "EUR")]
    pub currency: String,
    /// RFC 3339; absent: now. At most 10 minutes ahead of the node's clock and 7 days behind it.
    #[schema(format = DateTime)]
    pub occurred_at: Option<String>,
}

/// What decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct Versions {
    /// SHA-256 of the model.
    pub model: String,
    pub policy: u32,
    pub feature_set: &'static str,
}

/// A reason in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonBody {
    pub feature: &'static str,
    pub text: String,
}

/// A rule that a transaction fulfilled.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleHitBody {
    pub rule: String,
    pub version: u32,
    /// Whether it was in shadow, and decided nothing.
    pub shadow: bool,
    /// What it says to the analyst; absent where the policy is not known any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A list that a transaction is on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListHitBody {
    /// `allow`, `block` or `watch`.
    pub list: &'static str,
    /// By its `customer`, `terminal`, `card` or `device`.
    pub kind: &'static str,
}

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionBody {
    pub transaction_id: String,
    /// `approve`, `challenge`, `review` or `decline`.
    pub decision: &'static str,
    /// Probability of fraud, 0 to 1.
    pub score: f64,
    /// What spoke most for fraud, strongest first; empty where the transaction is approved.
    pub reasons: Vec<ReasonBody>,
    /// Rules that it fulfilled, in the policy's order.
    pub rule_hits: Vec<RuleHitBody>,
    /// Lists that it is on.
    pub lists: Vec<ListHitBody>,
    pub versions: Versions,
    /// RFC 3339.
    pub occurred_at: String,
    /// RFC 3339.
    pub recorded_at: String,
    /// Give it to a query as `position` to be sure that it has this decision.
    pub position: String,
}

/// A transaction in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionSummary {
    pub transaction_id: String,
    /// Absent once the customer's personal data is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    pub terminal_id: String,
    pub occurred_at: String,
    pub recorded_at: String,
    pub amount_minor: i64,
    pub currency: String,
    pub decision: &'static str,
    /// Absent for imported transactions, which were decided elsewhere.
    pub score: Option<f64>,
    /// Strongest reason, where the transaction was not simply approved.
    pub reason: Option<String>,
    /// `fraud` or `genuine`, once somebody said so.
    pub label: Option<&'static str>,
    pub position: String,
}

/// A page of transactions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionList {
    pub transactions: Vec<TransactionSummary>,
    /// Give it as `cursor` for the next (older) page; absent on the last page.
    pub next_cursor: Option<String>,
    /// Give it as `cursor` for the previous (newer) page; absent on the first page.
    pub previous_cursor: Option<String>,
}

/// What one feature was and what it added.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContributionBody {
    pub feature: &'static str,
    pub title: &'static str,
    /// `money` (minor units), `flag`, `count`, `seconds` or `ratio`.
    pub unit: &'static str,
    /// Absent where it could not be told.
    pub value: Option<f64>,
    /// Added to the log-odds of fraud.
    pub log_odds: f64,
}

/// How a score came about: base, contributions and calibration add up to the log-odds of the score.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplanationBody {
    pub base_log_odds: f64,
    /// What calibration adds to the sum of the others; 0 where the model needs none.
    pub calibration_log_odds: f64,
    pub contributions: Vec<ContributionBody>,
}

/// Something that happened to a transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryEntryBody {
    /// `assessed`, `imported`, `advised`, `labelled`, `label_withdrawn`, `reversed`, `refunded` or `challenge_answered`.
    pub kind: &'static str,
    pub recorded_at: String,
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Of a refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
    /// Who took it back or decided it, or how a challenge ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub happened_at: Option<String>,
}

/// One transaction with everything about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionDetail {
    #[serde(flatten)]
    pub summary: TransactionSummary,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// The customer's personal data has been erased.
    pub erased: bool,
    pub reasons: Vec<ReasonBody>,
    /// Rules that it fulfilled, in the policy's order.
    pub rule_hits: Vec<RuleHitBody>,
    /// Lists that it was on.
    pub lists: Vec<ListHitBody>,
    /// Absent for imported transactions.
    pub explanation: Option<ExplanationBody>,
    pub versions: Option<Versions>,
    pub history: Vec<HistoryEntryBody>,
}

/// A label.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "label": "fraud", "source": "chargeback" }))]
pub struct LabelBody {
    pub label: LabelName,
    pub source: LabelSourceName,
    /// RFC 3339; absent: now.
    #[schema(format = DateTime)]
    pub known_at: Option<String>,
    /// At most 2,000 bytes. Stored only encrypted.
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelName {
    Fraud,
    Genuine,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelSourceName {
    Chargeback,
    Customer,
    Analyst,
}

/// The label is in the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelAnswer {
    pub transaction_id: String,
    /// The transaction is not known yet; the label is applied when it arrives.
    pub parked: bool,
    pub position: String,
}

/// A label that waits for its transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParkedLabelBody {
    pub transaction_id: String,
    /// `fraud` or `genuine`.
    pub label: &'static str,
    pub source: &'static str,
    pub known_at: String,
    pub parked_at: String,
    pub actor: String,
}

/// A page of labels that wait, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParkedLabelList {
    pub parked_labels: Vec<ParkedLabelBody>,
    /// Give it as `cursor` for the next page; absent on the last page.
    pub next_cursor: Option<String>,
}

/// The label waits no more.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiscardAnswer {
    pub transaction_id: String,
    pub position: String,
}

/// The policy that decides now.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyBody {
    pub version: u32,
    /// SHA-256 of the model.
    pub model: String,
    /// Score from which on a transaction is challenged.
    pub challenge: f64,
    pub review: f64,
    pub decline: f64,
    /// Data partitions that use it already.
    pub adopted: u64,
    pub partitions: u64,
}

/// Figures of the last 24 hours on the node's clock.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewBody {
    /// The node's clock, which a demo runs fast; RFC 3339.
    pub simulated_now: String,
    pub approve: u64,
    pub challenge: u64,
    pub review: u64,
    pub decline: u64,
    pub value_minor: i64,
    pub currency: String,
    pub fraud_confirmed: u64,
    pub fraud_confirmed_value_minor: i64,
    /// Cases that are open now.
    pub open_cases: u64,
    /// Latency of recent decisions inside the node, in microseconds.
    pub decision_latency_p99_us: Option<u64>,
    /// Transactions by score, in equal steps of log-odds from -10 to 8.
    pub scores: Vec<u64>,
    /// Transactions in each quarter of an hour, oldest first.
    pub throughput: Vec<u64>,
}

/// How far a read model is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadModelBody {
    pub name: String,
    pub generation: i64,
    pub live: bool,
    /// Events that it does not have yet.
    pub lag_events: u64,
    pub parked_entities: i64,
    /// Why it stopped, if it did.
    pub stopped: Option<String>,
}

/// A rebuilt read model.
#[derive(Debug, Serialize, ToSchema)]
pub struct RebuildAnswer {
    pub name: String,
    /// The rebuilt tables hold everything up to here.
    pub position: String,
}
