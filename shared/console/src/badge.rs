//! A word in a tone: the smallest way to show a state.

use maud::{Markup, html};

use crate::tone::Tone;

/// A label with the tone's shape and colour.
pub fn badge(tone: Tone, label: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (tone.shape()) (label) } }
}

/// Badges of which the one whose value is `current` is shown, and which follow the live field.
///
/// Each choice is a value of the field, its tone and its label.
pub fn live_badge(field: &str, current: &str, choices: &[(&str, Tone, &str)]) -> Markup {
    html! {
        span data-switch=(field) {
            @for (value, tone, label) in choices {
                span class={ "badge " (tone.class()) } data-when=(value) hidden[*value != current] {
                    (tone.shape()) (label)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_is_text_not_markup() {
        let markup = badge(Tone::Bad, "<b>decline</b>").into_string();
        assert!(markup.contains("&lt;b&gt;decline&lt;/b&gt;"), "{markup}");
    }

    #[test]
    fn of_the_live_badges_only_the_current_one_is_shown() {
        let choices = [("up", Tone::Good, "Up"), ("down", Tone::Bad, "Down")];
        let markup = live_badge("state", "down", &choices).into_string();
        assert!(markup.contains(r#"data-when="up" hidden"#), "{markup}");
        assert!(markup.contains(r#"data-when="down">"#), "{markup}");
    }
}
