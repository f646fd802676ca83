//! Live updates: how a page says, in `data-` attributes, what the script may change.
//!
//! The page opens one server-sent event stream, named by `data-stream` on `main`
//! ([`crate::Page::stream`]). The data of every event is one JSON object.
//!
//! | attribute | on | meaning |
//! |---|---|---|
//! | `data-live="EVENT"` | any element | each such event refreshes the fields and charts inside |
//! | `data-live-rows="EVENT"` | `tbody` | each such event puts a row before the others, made from the `template` inside; `data-rows-max` bounds them; `data-row-key` names the field that tells rows apart |
//! | `data-field`, `data-format`, `data-of` | any element | its text is this field of the object ([`Format`]); the path's steps are parted by dots |
//! | `data-switch="FIELD"` with `data-when` | an element and its children | of the children only the one whose `data-when` is the field's value is shown |
//! | `data-href="/a/{field}"` | `a` | its address, the fields filled in |
//! | `data-chart`, `data-series` | `svg` | redrawn from this field ([`crate::charts`]) |
//!
//! Three events have a meaning of their own: `gap` `{ "skipped": n }` is shown as a
//! discreet note, `reset` loads the page anew (the stream's past is gone), and any
//! object with `simulated_now` sets the demo clock. Instants are RFC 3339. A field that
//! an event leaves out stays as it is; null is shown as a dash.
//!
//! Rows stand still while the reader points at them, and everything stands still
//! while paused (WCAG 2.2.2); what came meanwhile follows afterwards.

use maud::{Markup, html};

use crate::time::TimeFormat;

/// How a field of an event is written; the script writes as [`crate::number`],
/// [`crate::money`] and [`crate::time`] do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format<'a> {
    /// As it stands; null is a dash.
    Text,
    Integer,
    /// As a percentage of the field `whole`; `whole` may be several fields joined by `+`.
    Share {
        whole: &'a str,
    },
    /// Minor units in the currency that the field `currency` names.
    Money {
        currency: &'a str,
    },
    Score,
    Microseconds,
    Time(TimeFormat),
    /// As the `width` of an SVG element, 0 to 1 being nothing to all.
    Width,
}

impl Format<'_> {
    /// Value of `data-format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Share { .. } => "share",
            Self::Money { .. } => "money",
            Self::Score => "score",
            Self::Microseconds => "microseconds",
            Self::Time(format) => format.name(),
            Self::Width => "width",
        }
    }

    /// Value of `data-of`: the second field that some formats need.
    pub fn of(&self) -> Option<&str> {
        match self {
            Self::Share { whole: of } | Self::Money { currency: of } => Some(of),
            _ => None,
        }
    }
}

/// Text that follows a field of the event.
pub fn value(field: &str, format: Format<'_>, text: &str) -> Markup {
    html! {
        span data-field=(field) data-format=(format.name()) data-of=[format.of()] { (text) }
    }
}

/// The stream's state in words and the button that pauses it; unseen without a script.
///
/// The state is announced politely; the figures themselves change too often to be
/// read out, so that twice a minute the script announces `summary` instead: the text
/// of the element with that id.
pub fn stream_controls(summary: Option<&str>) -> Markup {
    html! {
        div class="stream-controls script-only" data-stream-controls data-summary=[summary] {
            span class="stream-state" data-stream-state="connecting" {
                span class="stream-dot" aria-hidden="true" {}
                span data-stream-status role="status" aria-live="polite" { "Connecting" }
                span data-stream-gap {}
            }
            button type="button" class="button-quiet" data-stream-pause aria-pressed="false" {
                "Pause"
            }
            span class="visually-hidden" data-stream-summary aria-live="polite" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_knows_every_format() {
        for format in [
            Format::Text,
            Format::Integer,
            Format::Share { whole: "" },
            Format::Money { currency: "" },
            Format::Score,
            Format::Microseconds,
            Format::Time(TimeFormat::Short),
            Format::Time(TimeFormat::Full),
            Format::Time(TimeFormat::Clock),
        ] {
            let entry = format!("\"{}\": ", format.name());
            assert!(crate::assets::SCRIPT_TEXT.contains(&entry), "{entry}");
        }
    }

    #[test]
    fn a_value_says_where_it_comes_from() {
        let markup = value(
            "counts.approve",
            Format::Share {
                whole: "transactions",
            },
            "1 %",
        );
        assert_eq!(
            markup.into_string(),
            r#"<span data-field="counts.approve" data-format="share" data-of="transactions">1 %</span>"#
        );
    }
}
