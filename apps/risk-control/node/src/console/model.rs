//! One model: its card, how it does beside the champion, and what can be done with it.

use accord_console::Tone;
use accord_console::description::description;
use accord_console::notice::notice;
use accord_console::timeline::{TimelineEntry, timeline};
use maud::{Markup, html};

use super::form_field::post_button;
use super::frame::{BankFrame, Section};
use super::model_comparison::{ComparisonPart, comparison, pairs_table};
use super::models::{Role, short};
use super::transaction::HistoryEntry;

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelView {
    pub frame: BankFrame,
    /// Hash of its artefact.
    pub model: String,
    pub role: Role,
    /// What it is for; `None` of models that were published before there were cards.
    pub card: Option<CardPart>,
    /// `None` where it does not score in shadow, or its scores are still being made.
    pub comparison: Option<ComparisonPart>,
    pub history: Vec<HistoryEntry>,
    pub problem: Option<String>,
    pub key: String,
}

/// A card in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardPart {
    pub purpose: String,
    /// Name and value.
    pub facts: Vec<(&'static str, String)>,
    /// "Newest quarter of the rows, 3 to 9 May".
    pub held_out: Option<String>,
    /// What, champion, this model.
    pub measures: Vec<(String, String, String)>,
    pub limits: Vec<String>,
}

/// The page.
pub fn model(view: &ModelView) -> Markup {
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Model " code { (short(&view.model)) } }
                p class="lede" { (view.card.as_ref().map_or("Published before there were model cards", |card| card.purpose.as_str())) }
            }
            (view.role.badge())
        }
        @if let Some(problem) = &view.problem {
            (notice(Tone::Attention, "Not done", &html! { (problem) }))
        }
        div class="columns columns-wide-narrow" {
            div class="stack" {
                @if let Some(card) = &view.card { (card_part(card)) }
            }
            div class="stack" {
                (actions(view))
                @if !view.history.is_empty() {
                    section aria-labelledby="history" {
                        div class="section-heading" { h2 id="history" { "History" } }
                        (history(view))
                    }
                }
            }
        }
        @match &view.comparison {
            Some(part) => (comparison(part)),
            None => @if view.role == Role::Shadow {
                (notice(Tone::Neutral, "Its scores over the history are being made", &html! {
                    "Look again in a moment; decisions are not held up by it."
                }))
            },
        }
    };
    view.frame.page("Model", Some(Section::Models), None, main)
}

fn card_part(card: &CardPart) -> Markup {
    let facts: Vec<(&str, Markup)> = card
        .facts
        .iter()
        .map(|(name, value)| (*name, html! { (value) }))
        .collect();
    html! {
        section aria-labelledby="card" {
            div class="section-heading" { h2 id="card" { "Model card" } }
            div class="panel" { (description(&facts)) }
        }
        section aria-labelledby="held-out" {
            div class="section-heading" {
                h2 id="held-out" { "On rows that were held out" }
                @if let Some(words) = &card.held_out { p { (words) } }
            }
            @if card.measures.is_empty() {
                p class="muted" { "There were too few to hold any out." }
            } @else {
                div class="panel" { (pairs_table(("", "Champion then", "This model"), &card.measures)) }
            }
        }
        section aria-labelledby="limits" {
            div class="section-heading" { h2 id="limits" { "Limits" } }
            ul { @for limit in &card.limits { li { (limit) } } }
        }
    }
}

fn actions(view: &ModelView) -> Markup {
    let key = ("key", view.key.as_str());
    let model = ("model", view.model.as_str());
    html! {
        @if view.role != Role::Champion {
            section class="panel stack stack-tight" aria-label="What can be done" {
                @if view.card.is_some() {
                    (post_button(&view.frame.href("/models/promote"), "Propose to decide", false, &[key, model]))
                    p class="muted small" {
                        "Makes a draft of the policy with this model, its thresholds and what is shown here. Someone else must approve it."
                    }
                }
                @if view.role == Role::Shadow {
                    (post_button(&view.frame.href("/models/shadow"), "Take out of shadow", true, &[key, model, ("action", "end")]))
                } @else {
                    (post_button(&view.frame.href("/models/shadow"), "Score in shadow", true, &[key, model, ("action", "start")]))
                }
            }
        }
        p class="muted small" { "Artefact " code class="hash" { (view.model) } }
    }
}

fn history(view: &ModelView) -> Markup {
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
impl ModelView {
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            model: "ab".repeat(32),
            role: Role::Shadow,
            card: Some(CardPart {
                purpose: "Fraud & <so on>".to_owned(),
                facts: vec![("Rows", "61,234".to_owned())],
                held_out: None,
                measures: Vec::new(),
                limits: vec!["Few frauds.".to_owned()],
            }),
            comparison: Some(ComparisonPart::example()),
            history: Vec::new(),
            problem: None,
            key: "k".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_champion_cannot_be_proposed() {
        let mut view = ModelView::example();
        assert!(model(&view).into_string().contains("Propose to decide"));
        view.role = Role::Champion;
        assert!(!model(&view).into_string().contains("Propose to decide"));
    }
}
