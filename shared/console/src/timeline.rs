//! What happened, in order: a list of instants with words.

use maud::{Markup, html};

use crate::time::{TimeFormat, time};
use crate::tone::Tone;

/// One thing that happened.
pub struct TimelineEntry<'a> {
    /// Microseconds since the Unix epoch.
    pub at_us: i64,
    pub tone: Tone,
    pub title: &'a str,
    pub detail: Option<&'a str>,
    /// Who did it.
    pub actor: Option<&'a str>,
}

/// The entries in the order given, oldest first by custom.
pub fn timeline(entries: &[TimelineEntry<'_>]) -> Markup {
    html! {
        ol class="timeline" {
            @for entry in entries {
                li {
                    (entry.tone.shape())
                    div {
                        p class="timeline-title" { (entry.title) }
                        @if let Some(detail) = entry.detail { p { (detail) } }
                        p class="timeline-note" {
                            (time(entry.at_us, TimeFormat::Full))
                            @if let Some(actor) = entry.actor { " · " (actor) }
                        }
                    }
                }
            }
        }
    }
}
