//! The rules in force: what they say, how often they are fulfilled, and which wait for a second look.

use accord_console::Tone;
use accord_console::badge::badge;
use accord_console::notice::{empty_state, notice};
use accord_console::number;
use accord_console::table::{Align, Column, Narrow, record_table};
use accord_console::time::{TimeFormat, time};
use maud::{Markup, html};

use super::decision::Decision;
use super::frame::{BankFrame, Section};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct RulesView {
    pub frame: BankFrame,
    pub policy_version: Option<u32>,
    /// In the policy's order.
    pub rules: Vec<RuleRow>,
    /// Why the last step was refused.
    pub problem: Option<String>,
    /// Key of the next step, so that sending it twice does it once.
    pub key: String,
}

/// A rule of the active policy.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleRow {
    pub id: String,
    pub version: u32,
    pub condition: String,
    pub reason: String,
    pub outcome: Decision,
    pub state: RuleState,
    pub hits_recent: u64,
    pub hits_total: u64,
    /// Set while it waits for a second look.
    pub switched_off: Option<SwitchedOff>,
}

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    Active,
    Shadow,
    Off,
    /// It uses a field that has gone.
    Broken,
}

/// Who switched a rule off, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchedOff {
    pub by: String,
    pub reason: String,
    pub at_us: i64,
}

impl RuleState {
    pub(super) fn badge(self) -> Markup {
        match self {
            Self::Active => badge(Tone::Good, "Active"),
            Self::Shadow => badge(Tone::Neutral, "Shadow"),
            Self::Off => badge(Tone::Attention, "Off"),
            Self::Broken => badge(Tone::Bad, "Cannot be read"),
        }
    }
}

const RULE: Column = Column {
    title: "Rule",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const CONDITION: Column = Column {
    title: "Condition",
    align: Align::Start,
    narrow: Narrow::MiddleStart,
};
const OUTCOME: Column = Column {
    title: "Outcome",
    align: Align::Start,
    narrow: Narrow::MiddleEnd,
};
const STATE: Column = Column {
    title: "State",
    align: Align::Start,
    narrow: Narrow::TopEnd,
};
const RECENT: Column = Column {
    title: "Hits, 2 days",
    align: Align::End,
    narrow: Narrow::BottomEnd,
};
const TOTAL: Column = Column {
    title: "Hits, ever",
    align: Align::End,
    narrow: Narrow::Hidden,
};

/// The page.
pub fn rules(view: &RulesView) -> Markup {
    let frame = &view.frame;
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Rules" }
                @if let Some(version) = view.policy_version {
                    p class="lede" {
                        "Policy " (version) ". The strictest of score and rules decides; a block overrides everything, "
                        "an allow entry everything else."
                    }
                }
            }
            a class="button" href=(frame.href("/rules/edit")) { "New rule" }
        }
        @if let Some(problem) = &view.problem {
            (notice(Tone::Attention, "Not done", &html! { (problem) }))
        }
        @for rule in &view.rules {
            @if let Some(switched_off) = &rule.switched_off { (second_look(view, rule, switched_off)) }
        }
        section aria-label="Rules of the active policy" {
            @if view.rules.is_empty() {
                (empty_state("No rules yet", &html! { p { "The score alone decides." } }))
            } @else {
                (table(view))
            }
        }
    };
    frame.page("Rules", Some(Section::Rules), None, main)
}

fn table(view: &RulesView) -> Markup {
    let columns = [RULE, CONDITION, OUTCOME, STATE, RECENT, TOTAL];
    let body = html! {
        tbody {
            @for rule in &view.rules {
                tr {
                    (RULE.cell(html! { a href=(view.frame.rule_href(&rule.id)) { (rule.id) } }))
                    td class={ (CONDITION.class()) " reason" } { code { (rule.condition) } }
                    (OUTCOME.cell(rule.outcome.badge()))
                    (STATE.cell(rule.state.badge()))
                    (RECENT.cell(html! { (number::integer(rule.hits_recent)) }))
                    (TOTAL.cell(html! { (number::integer(rule.hits_total)) }))
                }
            }
        }
    };
    record_table("Rules of the active policy", &columns, &body)
}

/// A rule that one person switched off is shown to everybody until someone else has looked at it.
fn second_look(view: &RulesView, rule: &RuleRow, switched_off: &SwitchedOff) -> Markup {
    let body = html! {
        p {
            (switched_off.by) " switched it off on " (time(switched_off.at_us, TimeFormat::Full)) ": "
            (switched_off.reason)
        }
        form class="filters" method="post" action=(view.frame.href("/rules/review")) {
            input type="hidden" name="key" value=(view.key);
            input type="hidden" name="rule" value=(rule.id);
            div class="field field-wide" {
                label for={ "review-" (rule.id) } { "What you found" }
                input id={ "review-" (rule.id) } name="reason" type="text" required autocomplete="off";
            }
            div class="filters-actions" {
                button type="submit" name="confirmed" value="true" { "Leave it off" }
                button class="button-quiet" type="submit" name="confirmed" value="false" { "Put it back" }
            }
        }
    };
    let title = format!("Rule {} is off and waits for a second person", rule.id);
    notice(Tone::Attention, &title, &body)
}

#[cfg(test)]
impl RulesView {
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            policy_version: Some(3),
            rules: vec![RuleRow {
                id: "large".to_owned(),
                version: 2,
                condition: "amount > 500.0".to_owned(),
                reason: "Large".to_owned(),
                outcome: Decision::Review,
                state: RuleState::Off,
                hits_recent: 1,
                hits_total: 12_345,
                switched_off: Some(SwitchedOff {
                    by: "ravi".to_owned(),
                    reason: "stops everybody".to_owned(),
                    at_us: 1_523_541_751_250_000,
                }),
            }],
            problem: None,
            key: "k".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_waits_for_a_second_look_stands_above_the_table() {
        let page = rules(&RulesView::example()).into_string();
        let notice = page.find("waits for a second person").unwrap();
        assert!(notice < page.find("<table").unwrap(), "{page}");
        assert!(page.contains("amount &gt; 500.0"), "{page}");
    }
}
