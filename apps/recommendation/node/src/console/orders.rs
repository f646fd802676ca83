//! Orders and where they stand.

use accord_console::{
    Tone,
    badge::badge,
    money,
    notice::empty_state,
    number,
    table::{Align, Column, Narrow, record_table},
    time::{TimeFormat, time},
};
use maud::{Markup, html};

use super::frame::{MerchantFrame, Section};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct OrdersView {
    pub frame: MerchantFrame,
    /// Only orders that stand so; empty for all.
    pub status: String,
    pub rows: Vec<OrderRow>,
    pub next_href: Option<String>,
}

/// One order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    pub order_id: String,
    pub placed_at_us: i64,
    /// `None` once the shopper is erased.
    pub shopper_id: Option<String>,
    pub lines: Vec<OrderLine>,
    pub total_minor: i64,
    pub currency: String,
    pub status: OrderStage,
}

/// Units of one item.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderLine {
    pub item_id: String,
    pub title: String,
    pub quantity: u32,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderStage {
    Placed,
    Paid,
    Shipped,
    Cancelled,
    Returned,
}

impl OrderStage {
    const ALL: [Self; 5] = [
        Self::Placed,
        Self::Paid,
        Self::Shipped,
        Self::Cancelled,
        Self::Returned,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
        }
    }

    fn badge(self) -> Markup {
        match self {
            Self::Placed => badge(Tone::Check, "Placed"),
            Self::Paid => badge(Tone::Attention, "Paid"),
            Self::Shipped => badge(Tone::Good, "Shipped"),
            Self::Cancelled => badge(Tone::Neutral, "Cancelled"),
            Self::Returned => badge(Tone::Bad, "Returned"),
        }
    }
}

const ORDER: Column = Column {
    title: "Order",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const PLACED: Column = Column {
    title: "Placed",
    align: Align::Start,
    narrow: Narrow::MiddleStart,
};
const SHOPPER: Column = Column {
    title: "Shopper",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};
const LINES: Column = Column {
    title: "Items",
    align: Align::Start,
    narrow: Narrow::Hidden,
};
const TOTAL: Column = Column {
    title: "Total",
    align: Align::End,
    narrow: Narrow::MiddleEnd,
};
const STATUS: Column = Column {
    title: "State",
    align: Align::Start,
    narrow: Narrow::TopEnd,
};

/// The page.
pub fn orders(view: &OrdersView) -> Markup {
    let action = view.frame.section_href(Section::Orders);
    let body = html! { tbody { @for row in &view.rows { (order_row(&view.frame, row)) } } };
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Orders" }
                p class="lede" { "Units are reserved when an order is placed, all of them or none." }
            }
        }
        search {
            form class="filters" method="get" action=(action) {
                div class="field" {
                    label for="status" { "State" }
                    select id="status" name="status" {
                        option value="" { "Any" }
                        @for stage in OrderStage::ALL {
                            option value=(stage.key()) selected[stage.key() == view.status] { (stage.key()) }
                        }
                    }
                }
                div class="filters-actions" { button type="submit" { "Filter" } }
            }
        }
        @if view.rows.is_empty() {
            (empty_state("No order matches", &html! {}))
        } @else {
            section aria-label="Orders found" {
                (record_table("Orders", &[ORDER, PLACED, SHOPPER, LINES, TOTAL, STATUS], &body))
                @if let Some(next) = &view.next_href {
                    nav class="pager" aria-label="Pages" { span {} a class="button button-quiet" href=(next) { "Older" } }
                }
            }
        }
    };
    view.frame.page("Orders", Some(Section::Orders), None, main)
}

fn order_row(frame: &MerchantFrame, row: &OrderRow) -> Markup {
    html! {
        tr {
            (ORDER.cell(html! { code { (row.order_id) } }))
            (PLACED.cell(time(row.placed_at_us, TimeFormat::Full)))
            (SHOPPER.cell(html! {
                @match &row.shopper_id {
                    Some(shopper) => a href=(frame.window_href(shopper)) { (shopper) },
                    None => span class="muted" { "erased" },
                }
            }))
            td class={ "reason " (LINES.class()) } {
                @for (place, line) in row.lines.iter().enumerate() {
                    @if place > 0 { ", " }
                    @if line.quantity > 1 { (number::integer(line.quantity.into())) " × " }
                    a href=(frame.item_href(&line.item_id)) { (line.title) }
                }
            }
            (TOTAL.cell(html! { (money::money(row.total_minor, &row.currency)) }))
            (STATUS.cell(row.status.badge()))
        }
    }
}

#[cfg(test)]
impl OrdersView {
    /// A page for tests.
    pub(super) fn example() -> Self {
        Self {
            frame: MerchantFrame::example(),
            status: "paid".to_owned(),
            rows: vec![OrderRow {
                order_id: "o<1".to_owned(),
                placed_at_us: 0,
                shopper_id: None,
                lines: vec![OrderLine {
                    item_id: "a/b".to_owned(),
                    title: "<Lamp>".to_owned(),
                    quantity: 2,
                }],
                total_minor: 1_250,
                currency: "EUR".to_owned(),
                status: OrderStage::Paid,
            }],
            next_href: None,
        }
    }
}
