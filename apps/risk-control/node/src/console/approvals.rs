//! Drafts of the policy: the queue, one draft, and earlier policies.

use accord_console::Tone;
use accord_console::badge::badge;
use accord_console::notice::{empty_state, notice};
use accord_console::table::{Align, Column, Narrow, record_table};
use accord_console::time::{TimeFormat, time};
use accord_console::timeline::{TimelineEntry, timeline};
use maud::{Markup, html};

use super::form_field::post_button;
use super::frame::{BankFrame, Section};
use super::model_comparison::{ComparisonPart, comparison};
use super::models::short;
use super::transaction::HistoryEntry;

/// All that the queue shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalsView {
    pub frame: BankFrame,
    /// Newest first.
    pub drafts: Vec<DraftRow>,
    /// Newest first; the first one decides.
    pub policies: Vec<PolicyRow>,
    pub problem: Option<String>,
    pub key: String,
}

/// A draft in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    pub draft: u64,
    pub title: String,
    pub stage: DraftStage,
    /// It must be revised, because another policy decides by now.
    pub stale: bool,
    pub changed_at_us: i64,
}

/// How far a draft is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftStage {
    Open,
    Submitted,
    Approved,
    Activated,
    Discarded,
}

/// A policy that decides or decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRow {
    pub version: u32,
    pub rules: usize,
    pub activated_at_us: i64,
    pub actor: String,
}

/// All that one draft shows.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftView {
    pub frame: BankFrame,
    pub draft: DraftRow,
    pub base_version: u32,
    pub candidate_hash: String,
    /// Hash of the back-test that it was submitted with, and where that can be looked at.
    pub back_test: Option<String>,
    pub back_test_href: Option<String>,
    /// The newest finished back-test of the draft as it is: where it can be looked at, and its hash.
    pub newest_back_test: Option<(String, String)>,
    /// What it changes: subject, before, after.
    pub differences: Vec<(String, Option<String>, Option<String>)>,
    /// Where it proposes another model: its hash, and what was shown of it.
    pub proposed_model: Option<(String, Option<ComparisonPart>)>,
    pub history: Vec<HistoryEntry>,
    /// Why this reader cannot approve it, if so.
    pub four_eyes: Option<String>,
    pub problem: Option<String>,
    pub key: String,
}

impl DraftStage {
    fn badge(self) -> Markup {
        match self {
            Self::Open => badge(Tone::Neutral, "Draft"),
            Self::Submitted => badge(Tone::Attention, "Waits for approval"),
            Self::Approved => badge(Tone::Check, "Approved"),
            Self::Activated => badge(Tone::Good, "Activated"),
            Self::Discarded => badge(Tone::Neutral, "Discarded"),
        }
    }

    fn is_over(self) -> bool {
        matches!(self, Self::Activated | Self::Discarded)
    }
}

const TITLE: Column = Column {
    title: "Change",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const STAGE: Column = Column {
    title: "Stage",
    align: Align::Start,
    narrow: Narrow::TopEnd,
};
const CHANGED: Column = Column {
    title: "Changed",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};
const POLICY: Column = Column {
    title: "Policy",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const RULES: Column = Column {
    title: "Rules",
    align: Align::End,
    narrow: Narrow::MiddleEnd,
};
const ACTIVATED: Column = Column {
    title: "Activated",
    align: Align::Start,
    narrow: Narrow::MiddleStart,
};
const BY: Column = Column {
    title: "By",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};
const BACK: Column = Column {
    title: "Return to it",
    align: Align::End,
    narrow: Narrow::BottomEnd,
};

/// The queue.
pub fn approvals(view: &ApprovalsView) -> Markup {
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Approvals" }
                p class="lede" {
                    "Every change of thresholds, rules and lists is a draft. Whoever wrote or submitted it cannot approve it."
                }
            }
        }
        @if let Some(problem) = &view.problem {
            (notice(Tone::Attention, "Not done", &html! { (problem) }))
        }
        section aria-label="Drafts" {
            @if view.drafts.is_empty() {
                (empty_state("No drafts", &html! {
                    p { "Change a rule on " a href=(view.frame.href("/rules")) { "Rules" } " or an entry on "
                        a href=(view.frame.href("/lists")) { "Lists" } "." }
                }))
            } @else {
                (drafts_table(view))
            }
        }
        section aria-labelledby="policies" {
            div class="section-heading" {
                h2 id="policies" { "Policies" }
                p { "The first one decides" }
            }
            (policies_table(view))
        }
    };
    view.frame
        .page("Approvals", Some(Section::Approvals), None, main)
}

fn drafts_table(view: &ApprovalsView) -> Markup {
    let body = html! {
        tbody {
            @for draft in &view.drafts {
                tr {
                    (TITLE.cell(html! {
                        a href=(view.frame.draft_href(draft.draft)) { (draft.draft) ". " (draft.title) }
                    }))
                    (STAGE.cell(html! {
                        (draft.stage.badge())
                        @if draft.stale { " " (badge(Tone::Attention, "Outdated")) }
                    }))
                    (CHANGED.cell(time(draft.changed_at_us, TimeFormat::Full)))
                }
            }
        }
    };
    record_table("Drafts, newest first", &[TITLE, STAGE, CHANGED], &body)
}

fn policies_table(view: &ApprovalsView) -> Markup {
    let action = view.frame.href("/approvals/rollback");
    let body = html! {
        tbody {
            @for (place, policy) in view.policies.iter().enumerate() {
                tr {
                    (POLICY.cell(html! { (policy.version) }))
                    (RULES.cell(html! { (policy.rules) }))
                    (ACTIVATED.cell(time(policy.activated_at_us, TimeFormat::Full)))
                    (BY.cell(html! { (policy.actor) }))
                    (BACK.cell(html! {
                        @if place > 0 {
                            (post_button(&action, "Draft", true, &[
                                ("key", format!("{}-{}", view.key, policy.version).as_str()),
                                ("version", policy.version.to_string().as_str()),
                            ]))
                        }
                    }))
                }
            }
        }
    };
    record_table(
        "Policies, newest first",
        &[POLICY, RULES, ACTIVATED, BY, BACK],
        &body,
    )
}

/// One draft.
pub fn draft(view: &DraftView) -> Markup {
    let title = format!("Draft {}", view.draft.draft);
    let main = html! {
        div class="page-heading" {
            div {
                h1 { (view.draft.title) }
                p class="lede" { (title) ", made from policy " (view.base_version) }
            }
            (view.draft.stage.badge())
        }
        @if let Some(problem) = &view.problem {
            (notice(Tone::Attention, "Not done", &html! { (problem) }))
        }
        @if view.draft.stale {
            (notice(Tone::Attention, "Another policy decides by now", &html! {
                "It cannot be submitted, approved or activated any more. Make the change again from the policy that decides."
            }))
        }
        @if let Some((model, None)) = &view.proposed_model {
            (notice(Tone::Neutral, "No comparison goes with this model", &html! {
                "It did not score in shadow when it was proposed. "
                a href=(view.frame.model_href(model)) { "Its card" } " says how it did on held-out rows."
            }))
        }
        div class="columns columns-wide-narrow" {
            div class="stack" {
                section aria-labelledby="changes" {
                    div class="section-heading" { h2 id="changes" { "What it changes" } }
                    (differences(view))
                }
                @if !view.draft.stage.is_over() && !view.draft.stale { (steps(view)) }
            }
            section aria-labelledby="history" {
                div class="section-heading" { h2 id="history" { "History" } }
                (history(view))
            }
        }
        @if let Some((model, Some(part))) = &view.proposed_model {
            p { "The card of the proposed model: " a href=(view.frame.model_href(model)) { code { (short(model)) } } }
            (comparison(part))
        }
    };
    view.frame
        .page(&title, Some(Section::Approvals), None, main)
}

fn differences(view: &DraftView) -> Markup {
    html! {
        @if view.differences.is_empty() {
            p class="muted" { "Nothing, compared with the policy that it was made from." }
        }
        @for (subject, before, after) in &view.differences {
            div class="panel difference" {
                h3 { (subject) }
                @match (before, after) {
                    (Some(before), Some(after)) => {
                        p { del { (before) } }
                        p { ins { (after) } }
                    },
                    (Some(before), None) => p { "Goes: " del { (before) } },
                    (None, Some(after)) => p { "Comes: " ins { (after) } },
                    (None, None) => {},
                }
            }
        }
        p class="muted small" { "Candidate " code { (view.candidate_hash) } }
        p class="muted small" {
            @match &view.back_test {
                Some(hash) => {
                    "Back-test "
                    @match &view.back_test_href {
                        Some(href) => a href=(href) { code { (hash) } },
                        None => code { (hash) },
                    }
                },
                None => { "No back-test goes with it." },
            }
        }
    }
}

fn steps(view: &DraftView) -> Markup {
    let action = |step: &str| format!("{}/{step}", view.frame.draft_href(view.draft.draft));
    let key = ("key", view.key.as_str());
    html! {
        section class="panel stack stack-tight" aria-label="Next step" {
            @match view.draft.stage {
                DraftStage::Open => {
                    form class="filters" method="post" action=(action("back-test")) {
                        div class="field" {
                            label for="alerts_a_day" { "Alerts that can be worked in a day" }
                            input id="alerts_a_day" name="alerts_a_day" type="number" min="1" max="1000000"
                                value=(crate::back_test::ALERTS_A_DAY_DEFAULT) required;
                        }
                        div class="field" {
                            label for="counterfactual" { "Earlier blocks change later features" }
                            input id="counterfactual" name="counterfactual" type="checkbox" value="on";
                        }
                        div class="filters-actions" {
                            button class="button-quiet" type="submit" { "Back-test over the history" }
                        }
                    }
                    @match &view.newest_back_test {
                        Some((href, hash)) => {
                            p { a href=(href) { "Look at the back-test of exactly this draft" } }
                            (post_button(&action("submit"), "Submit with this back-test", false, &[
                                key, ("back_test", hash.as_str()),
                            ]))
                        },
                        None => (post_button(&action("submit"), "Submit for approval without a back-test", true, &[key])),
                    }
                },
                DraftStage::Submitted => {
                    @match &view.four_eyes {
                        Some(why) => (notice(Tone::Check, "Someone else must approve it", &html! { (why) })),
                        None => {
                            (post_button(&action("approve"), "Approve exactly this", false, &[
                                key, ("candidate_hash", view.candidate_hash.as_str()),
                                ("back_test", view.back_test.as_deref().unwrap_or_default()),
                            ]))
                            form class="filters" method="post" action=(action("reject")) {
                                input type="hidden" name="key" value=(view.key);
                                div class="field field-wide" {
                                    label for="reason" { "Or send it back, because" }
                                    input id="reason" name="reason" type="text" required autocomplete="off";
                                }
                                div class="filters-actions" {
                                    button class="button-quiet" type="submit" { "Send back" }
                                }
                            }
                        }
                    }
                },
                DraftStage::Approved => (post_button(&action("activate"), "Activate", false, &[key])),
                DraftStage::Activated | DraftStage::Discarded => {},
            }
            (post_button(&action("discard"), "Discard the draft", true, &[key]))
        }
    }
}

fn history(view: &DraftView) -> Markup {
    let entries: Vec<TimelineEntry<'_>> = view
        .history
        .iter()
        .map(|entry| TimelineEntry {
            at_us: entry.at_us,
            tone: entry.tone,
            title: &entry.title,
            detail: entry.detail.as_deref(),
            actor: entry.actor.as_deref(),
        })
        .collect();
    timeline(&entries)
}

#[cfg(test)]
impl ApprovalsView {
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            drafts: vec![DraftView::example().draft],
            policies: vec![PolicyRow {
                version: 1,
                rules: 5,
                activated_at_us: 1_523_541_751_250_000,
                actor: "simulator".to_owned(),
            }],
            problem: None,
            key: "k".to_owned(),
        }
    }
}

#[cfg(test)]
impl DraftView {
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            draft: DraftRow {
                draft: 7,
                title: "Stop <card> testing".to_owned(),
                stage: DraftStage::Submitted,
                stale: false,
                changed_at_us: 1_523_541_751_250_000,
            },
            base_version: 1,
            candidate_hash: "cd".to_owned(),
            back_test: None,
            back_test_href: None,
            newest_back_test: None,
            differences: vec![(
                "rule large".to_owned(),
                Some("active · review".to_owned()),
                None,
            )],
            proposed_model: None,
            history: Vec::new(),
            four_eyes: None,
            problem: None,
            key: "k".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_may_approve_sees_the_button() {
        let mut view = DraftView::example();
        let page = draft(&view).into_string();
        assert!(page.contains("Approve exactly this"), "{page}");
        assert!(page.contains(r#"value="cd""#), "{page}");
        view.four_eyes = Some("You submitted it.".to_owned());
        let page = draft(&view).into_string();
        assert!(!page.contains("Approve exactly this"), "{page}");
        assert!(page.contains("You submitted it."), "{page}");
        view.draft.stale = true;
        assert!(!draft(&view).into_string().contains("Next step"));
    }
}
