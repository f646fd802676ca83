//! One transaction: what was decided, why, with what, and what became of it.

use accord_console::charts::ScoreScale;
use accord_console::code_block::identifier;
use accord_console::description::description;
use accord_console::notice::notice;
use accord_console::time::{TimeFormat, time};
use accord_console::timeline::{TimelineEntry, timeline};
use accord_console::{Tone, money, number};
use maud::{Markup, html};

use super::decision::{Decision, ScoreThreshold};
use super::decision_table::{DecisionRow, decision_table};
use super::explanation::Explanation;
use super::frame::{BankFrame, Section};
use super::label_form::LabelForm;

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionView {
    pub frame: BankFrame,
    pub transaction_id: String,
    /// Microseconds since the Unix epoch.
    pub occurred_at_us: i64,
    /// Amount in minor units of `currency`.
    pub amount_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    pub decision: Decision,
    /// Score, 0 to 1.
    pub score: f64,
    /// Thresholds of the policy that decided, ascending.
    pub thresholds: Vec<ScoreThreshold>,
    /// Rules that applied, in the order in which they did.
    pub rule_hits: Vec<RuleHit>,
    /// `None` where the score cannot be taken apart.
    pub explanation: Option<Explanation>,
    /// The transaction's own fields, in the order to be shown.
    pub fields: Vec<TransactionField>,
    pub versions: DecisionVersions,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
    /// The customer's other transactions, newest first; empty after erasure.
    pub neighbours: Vec<DecisionRow>,
    /// `None` where this transaction cannot be labelled, or not by this reader.
    pub label_form: Option<LabelForm>,
    /// Set once the customer's personal data has been erased.
    pub erasure: Option<Erasure>,
}

/// A rule that applied, with or without changing the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleHit {
    pub name: String,
    /// What the rule asks for; `None` for a rule that only watches.
    pub decision: Option<Decision>,
}

/// One field of the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionField {
    pub name: String,
    /// `None` when it was personal and has been erased.
    pub value: Option<String>,
    /// Where more is known of it.
    pub href: Option<String>,
}

/// With what the decision was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionVersions {
    /// Hash of the model's exact bytes, hexadecimal.
    pub model_hash: String,
    pub policy_version: String,
    pub feature_set: String,
}

/// Something that happened to the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Microseconds since the Unix epoch.
    pub at_us: i64,
    pub tone: Tone,
    pub title: String,
    pub detail: Option<String>,
    pub actor: Option<String>,
}

/// That and when personal data was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Microseconds since the Unix epoch.
    pub erased_at_us: i64,
    /// Where the receipt can be seen.
    pub receipt_href: Option<String>,
}

/// The page.
pub fn transaction(view: &TransactionView) -> Markup {
    let main = html! {
        (heading(&view.frame, &view.transaction_id))
        @if let Some(erasure) = &view.erasure { (erasure.notice()) }
        (verdict(view))
        div class="columns columns-wide-narrow" {
            div class="stack" {
                (reasons(view))
                @if let Some(explanation) = &view.explanation {
                    section aria-labelledby="features" {
                        div class="section-heading" {
                            h2 id="features" { "Features as used" }
                            p { (explanation.contributions.len()) " values, fixed at the moment of the decision" }
                        }
                        (explanation.feature_table())
                    }
                }
            }
            div class="stack" {
                (fields(view))
                (versions(&view.versions))
                (history(&view.history))
                @if let Some(form) = &view.label_form {
                    section class="panel" aria-labelledby="label-heading" {
                        div class="section-heading" { h2 id="label-heading" { "Label" } }
                        (form.render())
                    }
                }
            }
        }
        @if !view.neighbours.is_empty() {
            section aria-labelledby="neighbours" {
                div class="section-heading" { h2 id="neighbours" { "This customer's last transactions" } }
                (decision_table(&view.frame, "This customer's last transactions", &view.neighbours))
            }
        }
    };
    view.frame.page(
        &view.transaction_id,
        Some(Section::Transactions),
        None,
        main,
    )
}

/// The page of a transaction that is decided but not yet to be seen in the read model.
///
/// It loads itself anew after a second or two.
pub fn transaction_awaiting_projection(frame: &BankFrame, transaction_id: &str) -> Markup {
    let body = html! {
        p data-reload-after-seconds="2" {
            "The decision is in the log; the pages follow within moments. "
            a href=(frame.transaction_href(transaction_id)) { "Look again" }
        }
    };
    let main = html! {
        (heading(frame, transaction_id))
        (notice(Tone::Neutral, "Just decided", &body))
    };
    frame.page(transaction_id, Some(Section::Transactions), None, main)
}

fn heading(frame: &BankFrame, transaction_id: &str) -> Markup {
    html! {
        div class="page-heading" {
            div {
                p class="lede" { a href=(frame.transactions_href()) { "Transactions" } }
                h1 class="record-title" { (transaction_id) }
            }
        }
    }
}

impl Erasure {
    fn notice(&self) -> Markup {
        let body = html! {
            "The personal data of this customer was erased on " (time(self.erased_at_us, TimeFormat::Full))
            " UTC. What remains names nobody. "
            @if let Some(href) = &self.receipt_href { a href=(href) { "Receipt" } }
        };
        notice(Tone::Neutral, "Personal data erased", &body)
    }
}

/// Decision, amount and score in large, and the score between the thresholds.
fn verdict(view: &TransactionView) -> Markup {
    let thresholds = ScoreThreshold::drawn(&view.thresholds);
    let scale = ScoreScale {
        label: &format!(
            "Score {} between the thresholds of the policy",
            number::score(view.score)
        ),
        score: view.score,
        thresholds: &thresholds,
    };
    html! {
        section class="panel verdict" aria-label="Decision" {
            div class={ "verdict-decision " (view.decision.tone().class()) } {
                (view.decision.tone().shape())
                div {
                    p class="verdict-word" { (view.decision.title()) }
                    p class="muted" {
                        (money::money(view.amount_minor, &view.currency)) " on "
                        (time(view.occurred_at_us, TimeFormat::Full)) " UTC"
                    }
                    @let by_score = ScoreThreshold::decide(&view.thresholds, view.score);
                    @if by_score != view.decision {
                        p { "By the score alone: " strong { (by_score.title()) } }
                    }
                }
            }
            div class="verdict-score" {
                div class="verdict-score-line" {
                    p { span class="muted" { "Score " } span class="figure-value" { (number::score(view.score)) } }
                    @if view.score.is_finite() { p class="muted small" { "exactly " (view.score) } }
                }
                (scale.render())
                (ScoreThreshold::legend(&view.thresholds))
            }
        }
    }
}

fn reasons(view: &TransactionView) -> Markup {
    html! {
        section class="panel" aria-labelledby="reasons" {
            div class="section-heading" {
                h2 id="reasons" { "Reasons" }
                p { "From the base rate to the score, in log-odds of fraud" }
            }
            @if !view.rule_hits.is_empty() { (rule_hits(&view.rule_hits)) }
            @match &view.explanation {
                Some(explanation) => (explanation.waterfall(view.score, &view.thresholds)),
                None => p class="muted" { "This score cannot be taken apart into reasons." },
            }
        }
    }
}

fn rule_hits(hits: &[RuleHit]) -> Markup {
    html! {
        ul class="rule-hits" {
            @for hit in hits {
                li {
                    @match hit.decision {
                        Some(decision) => (decision.badge()),
                        None => (accord_console::badge::badge(Tone::Neutral, "Watch")),
                    }
                    " " strong { (hit.name) }
                }
            }
        }
    }
}

fn fields(view: &TransactionView) -> Markup {
    let entries: Vec<(&str, Markup)> = view
        .fields
        .iter()
        .map(|field| {
            let value = match &field.value {
                Some(value) => html! {
                    @match &field.href {
                        Some(href) => a href=(href) { (value) },
                        None => (value),
                    }
                },
                None => html! { span class="muted" { "erased" } },
            };
            (field.name.as_str(), value)
        })
        .collect();
    html! {
        section class="panel" aria-labelledby="fields" {
            div class="section-heading" { h2 id="fields" { "Transaction" } }
            (description(&entries))
        }
    }
}

/// Characters of the model's hash that are shown; all of them are copied.
const HASH_CHARACTERS_SHOWN: usize = 12;

fn versions(versions: &DecisionVersions) -> Markup {
    html! {
        section class="panel" aria-labelledby="versions" {
            div class="section-heading" { h2 id="versions" { "Decided with" } }
            (description(&[
                ("Model", identifier(&versions.model_hash, HASH_CHARACTERS_SHOWN)),
                ("Policy", html! { (versions.policy_version) }),
                ("Feature set", html! { (versions.feature_set) }),
            ]))
        }
    }
}

fn history(history: &[HistoryEntry]) -> Markup {
    let entries: Vec<TimelineEntry<'_>> = history
        .iter()
        .map(|entry| TimelineEntry {
            at_us: entry.at_us,
            tone: entry.tone,
            title: &entry.title,
            detail: entry.detail.as_deref(),
            actor: entry.actor.as_deref(),
        })
        .collect();
    html! {
        section class="panel" aria-labelledby="history" {
            div class="section-heading" { h2 id="history" { "History" } }
            (timeline(&entries))
        }
    }
}

#[cfg(test)]
impl TransactionView {
    /// A declined transaction for tests.
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            transaction_id: "T-1".to_owned(),
            occurred_at_us: 1_523_541_751_250_000,
            amount_minor: 12_345,
            currency: "EUR".to_owned(),
            decision: Decision::Decline,
            score: 0.9,
            thresholds: vec![ScoreThreshold {
                decision: Decision::Decline,
                at: 0.8,
            }],
            rule_hits: vec![RuleHit {
                name: "watched".to_owned(),
                decision: None,
            }],
            explanation: Some(Explanation {
                base_log_odds: -4.0,
                contributions: Vec::new(),
            }),
            fields: vec![TransactionField {
                name: "Customer".to_owned(),
                value: None,
                href: None,
            }],
            versions: DecisionVersions {
                model_hash: "0123456789abcdef".to_owned(),
                policy_version: "17".to_owned(),
                feature_set: "card".to_owned(),
            },
            history: vec![HistoryEntry {
                at_us: 1_523_541_751_250_000,
                tone: Tone::Bad,
                title: "Declined".to_owned(),
                detail: None,
                actor: None,
            }],
            neighbours: vec![DecisionRow::example()],
            label_form: Some(LabelForm {
                action: "/label".to_owned(),
                sources: Vec::new(),
            }),
            erasure: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erased_data_is_named_as_such_with_its_receipt() {
        let view = TransactionView {
            erasure: Some(Erasure {
                erased_at_us: 0,
                receipt_href: Some("/receipts/1".to_owned()),
            }),
            ..TransactionView::example()
        };
        let markup = transaction(&view).into_string();
        for expected in [
            "Personal data erased",
            "1970-01-01",
            r#"href="/receipts/1""#,
            ">erased<",
        ] {
            assert!(markup.contains(expected), "{expected} in {markup}");
        }
    }

    #[test]
    fn a_decision_that_the_score_does_not_explain_says_so() {
        let by_score = transaction(&TransactionView::example()).into_string();
        assert!(!by_score.contains("By the score alone"), "{by_score}");
        let by_rule = TransactionView {
            score: 0.1,
            ..TransactionView::example()
        };
        let markup = transaction(&by_rule).into_string();
        assert!(
            markup.contains("By the score alone: <strong>Approve</strong>"),
            "{markup}"
        );
    }

    #[test]
    fn the_form_is_there_only_for_who_may_label() {
        assert!(
            transaction(&TransactionView::example())
                .into_string()
                .contains("data-json-form")
        );
        let reader = TransactionView {
            label_form: None,
            ..TransactionView::example()
        };
        assert!(
            !transaction(&reader)
                .into_string()
                .contains("data-json-form")
        );
    }

    #[test]
    fn a_transaction_just_decided_is_looked_for_again() {
        let markup = transaction_awaiting_projection(&BankFrame::example(), "T/1").into_string();
        assert!(
            markup.contains(r#"href="/banks/north/transactions/T%2F1""#),
            "{markup}"
        );
        assert!(markup.contains("data-reload-after-seconds"), "{markup}");
    }
}
