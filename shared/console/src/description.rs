//! Names and values side by side.

use maud::{Markup, html};

/// A description list: each entry a name and its value.
pub fn description(entries: &[(&str, Markup)]) -> Markup {
    html! {
        dl class="description" {
            @for (name, value) in entries {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}
