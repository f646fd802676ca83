//! Headline figures: a label, one large value, one line of context.

use maud::{Markup, html};

/// One headline figure; value and note may hold live fields ([`crate::live::value`]).
pub struct Figure<'a> {
    pub label: &'a str,
    pub value: Markup,
    pub note: Option<Markup>,
}

/// A row of headline figures, as a description list.
pub fn figures(figures: &[Figure<'_>]) -> Markup {
    html! {
        dl class="figures" {
            @for figure in figures {
                div class="figure" {
                    dt { (figure.label) }
                    dd class="figure-value" { (figure.value) }
                    @if let Some(note) = &figure.note { dd class="figure-note" { (note) } }
                }
            }
        }
    }
}
