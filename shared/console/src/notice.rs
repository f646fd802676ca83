//! A short message about the page itself: something is missing, late or done.

use maud::{Markup, html};

use crate::tone::Tone;

/// A message with the tone's shape; `body` says what the reader can do about it.
pub fn notice(tone: Tone, title: &str, body: &Markup) -> Markup {
    html! {
        div class={ "notice " (tone.class()) } role="note" {
            (tone.shape())
            div {
                strong class="notice-title" { (title) }
                div class="notice-body" { (body) }
            }
        }
    }
}

/// What stands where a list would be, when there is nothing to list.
pub fn empty_state(title: &str, body: &Markup) -> Markup {
    html! {
        div class="empty-state" {
            p class="empty-state-title" { (title) }
            div { (body) }
        }
    }
}
