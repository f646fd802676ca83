//! What can be done with a case: forms that the script posts with the version that is shown.

use maud::{Markup, html};

use super::{
    case_badges::{CaseStage, Finding},
    cases::CaseRow,
};

/// The longest note, in characters.
const NOTE_CHARACTERS_MAX: usize = 500;

/// Where the actions of one case are posted, and on whose behalf.
///
/// Each form is posted as JSON with an `Idempotency-Key` and with `If-Match` of the version shown, so that nobody
/// overwrites what somebody else has done meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseActions {
    /// Address of the case in the API.
    pub base: String,
    /// Id of the reader.
    pub me: String,
}

impl CaseActions {
    pub(super) fn render(&self, case: &CaseRow) -> Markup {
        html! {
            section class="panel" aria-labelledby="actions" {
                div class="section-heading" { h2 id="actions" { "Work on it" } }
                noscript { p class="muted" { "Working on a case needs JavaScript, or the API: POST " (self.base) "/…" } }
                div class="stack stack-tight script-only" {
                    @if case.stage.is_open() {
                        (self.assignment(case))
                        (self.resolution(case))
                        @if case.stage != CaseStage::Escalated { (self.escalation(case)) }
                    } @else if case.stage != CaseStage::Expired {
                        (self.undo(case))
                    }
                    (self.note(case))
                }
            }
        }
    }

    fn assignment(&self, case: &CaseRow) -> Markup {
        let is_mine = case.assignee.as_deref() == Some(self.me.as_str());
        html! {
            div class="filters-actions" {
                @if !is_mine { (self.button(case, "assign", "Take it", None)) }
                @if case.assignee.is_some() { (self.button(case, "release", "Give it back", None)) }
            }
        }
    }

    fn resolution(&self, case: &CaseRow) -> Markup {
        html! {
            form class="form" method="post" action={ (self.base) "/resolve" } data-json-form data-if-match=(case.version) {
                fieldset {
                    legend { "It turned out to be" }
                    div class="choices" {
                        @for finding in Finding::ALL {
                            label class="choice" {
                                input type="radio" name="disposition" value=(finding.key()) required; (finding.title())
                            }
                        }
                    }
                }
                (note_field("resolve-note", "Note, if any"))
                (submit("Resolve", ""))
            }
        }
    }

    fn escalation(&self, case: &CaseRow) -> Markup {
        html! {
            details {
                summary { "Escalate to a supervisor" }
                form class="form" method="post" action={ (self.base) "/escalate" } data-json-form
                    data-if-match=(case.version) {
                    (note_field("escalate-note", "Why"))
                    (submit("Escalate", "button-quiet"))
                }
            }
        }
    }

    fn undo(&self, case: &CaseRow) -> Markup {
        html! {
            form class="form" method="post" action={ (self.base) "/reopen" } data-json-form data-if-match=(case.version) {
                p { "Undoing the resolution opens the case again and takes back the labels that it gave." }
                (note_field("reopen-note", "Why"))
                (submit("Undo the resolution", ""))
            }
        }
    }

    fn note(&self, case: &CaseRow) -> Markup {
        html! {
            details {
                summary { "Write a note" }
                form class="form" method="post" action={ (self.base) "/notes" } data-json-form
                    data-if-match=(case.version) {
                    (note_field("note", "Note"))
                    (submit("Add note", "button-quiet"))
                }
            }
        }
    }

    fn button(&self, case: &CaseRow, operation: &str, label: &str, class: Option<&str>) -> Markup {
        html! {
            form class="form-inline" method="post" action={ (self.base) "/" (operation) } data-json-form
                data-if-match=(case.version) {
                button type="submit" class=[class] disabled { (label) }
                span data-form-status role="status" aria-live="polite" {}
            }
        }
    }
}

fn note_field(id: &str, label: &str) -> Markup {
    html! {
        div class="field" {
            label for=(id) { (label) }
            textarea id=(id) name="note" maxlength=(NOTE_CHARACTERS_MAX) {}
        }
    }
}

fn submit(label: &str, class: &str) -> Markup {
    html! {
        div class="filters-actions" {
            // Without the script it would post a form where JSON is expected.
            button type="submit" class=(class) disabled { (label) }
            span data-form-status role="status" aria-live="polite" {}
        }
    }
}
