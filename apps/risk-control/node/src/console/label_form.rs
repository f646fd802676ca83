//! The form with which an analyst says what a transaction was.

use maud::{Markup, html};

/// Where a label goes, and which sources may be named.
///
/// The script posts `{ "label": "fraud" | "genuine", "source": "…", "note": "…" | null }`
/// as JSON with an `Idempotency-Key` that stays the same while the content does. An answer
/// with `position` is followed by this page with that position in the query, so that it
/// shows what was just recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelForm {
    /// Address of the API's operation.
    pub action: String,
    /// Value and label of each source; the first is preset.
    pub sources: Vec<(String, String)>,
}

/// The longest note, in characters.
const NOTE_CHARACTERS_MAX: usize = 500;

impl LabelForm {
    pub(super) fn render(&self) -> Markup {
        html! {
            noscript { p class="muted" { "Labelling needs JavaScript, or the API: POST " (self.action) } }
            form class="form script-only" method="post" action=(self.action) data-json-form {
                fieldset {
                    legend { "This transaction was" }
                    div class="choices" {
                        label class="choice" {
                            input type="radio" name="label" value="fraud" required; "Fraud"
                        }
                        label class="choice" {
                            input type="radio" name="label" value="genuine"; "Genuine"
                        }
                    }
                }
                div class="field" {
                    label for="source" { "Known from" }
                    select id="source" name="source" required {
                        @for (value, label) in &self.sources { option value=(value) { (label) } }
                    }
                }
                div class="field" {
                    label for="note" { "Note, if any" }
                    textarea id="note" name="note" maxlength=(NOTE_CHARACTERS_MAX) {}
                }
                div class="filters-actions" {
                    // Without the script it would post a form where JSON is expected.
                    button type="submit" disabled { "Record label" }
                    span data-form-status role="status" aria-live="polite" {}
                }
            }
        }
    }
}
