//! Rows of what shoppers do, which live events add to.

use accord_console::{
    live::{self, Format},
    table::{Align, Column, Narrow, record_table},
    time::{TimeFormat, time},
};
use maud::{Markup, html};
use serde::Serialize;

use super::frame::MerchantFrame;

/// One event, and the data of the live event `interaction`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// Position of the event in the log; tells rows apart.
    pub position: String,
    /// Microseconds since the Unix epoch; as JSON `occurred_at` in RFC 3339.
    #[serde(rename = "occurred_at", serialize_with = "super::instant::serialize")]
    pub occurred_at_us: i64,
    /// In words: "looked at".
    pub kind: String,
    pub item_id: String,
    pub title: String,
    /// The shopper's id, or the guest's session; `None` once erased.
    pub shopper_id: Option<String>,
}

/// Rows of a live table at most.
pub const LIVE_ROWS_MAX: usize = 30;

const WHEN: Column = Column {
    title: "When",
    align: Align::Start,
    narrow: Narrow::BottomEnd,
};
const WHO: Column = Column {
    title: "Who",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};
const WHAT: Column = Column {
    title: "What",
    align: Align::Start,
    narrow: Narrow::TopEnd,
};
const ITEM: Column = Column {
    title: "Item",
    align: Align::Start,
    narrow: Narrow::TopStart,
};

/// A table that live events `interaction` add to.
pub fn live_event_table(frame: &MerchantFrame, caption: &str, rows: &[EventRow]) -> Markup {
    let body = html! {
        tbody data-live-rows="interaction" data-rows-max=(LIVE_ROWS_MAX) data-row-key="position" {
            template { (template_row(frame)) }
            @for row in rows.iter().take(LIVE_ROWS_MAX) { (event_row(frame, row, true)) }
        }
    };
    record_table(caption, &[WHEN, WHO, WHAT, ITEM], &body)
}

/// A table that stands still, of one shopper.
pub fn event_table(frame: &MerchantFrame, caption: &str, rows: &[EventRow]) -> Markup {
    let body = html! {
        tbody { @for row in rows { (event_row(frame, row, false)) } }
    };
    record_table(caption, &[WHEN, WHAT, ITEM], &body)
}

fn event_row(frame: &MerchantFrame, row: &EventRow, shows_shopper: bool) -> Markup {
    html! {
        tr data-key=(row.position) {
            (WHEN.cell(time(row.occurred_at_us, TimeFormat::Short)))
            @if shows_shopper {
                (WHO.cell(html! {
                    @match &row.shopper_id {
                        Some(shopper) => a href=(frame.window_href(shopper)) { (shopper) },
                        None => span class="muted" { "erased" },
                    }
                }))
            }
            (WHAT.cell(html! { (row.kind) }))
            (ITEM.cell(html! { a href=(frame.item_href(&row.item_id)) { (row.title) } }))
        }
    }
}

fn template_row(frame: &MerchantFrame) -> Markup {
    let base = &frame.base_path;
    html! {
        tr {
            (WHEN.cell(live::value("occurred_at", Format::Time(TimeFormat::Short), "")))
            (WHO.cell(html! {
                a data-href={ (base) "/window?shopper={shopper_id}" } { (live::value("shopper_id", Format::Text, "")) }
            }))
            (WHAT.cell(live::value("kind", Format::Text, "")))
            (ITEM.cell(html! {
                a data-href={ (base) "/items/{item_id}" } { (live::value("title", Format::Text, "")) }
            }))
        }
    }
}
