//! A merchant's first page: what shoppers are doing, live.

use accord_console::{
    charts::AreaChart,
    figure::{Figure, figures},
    live::{self, Format},
    money,
    notice::empty_state,
    number,
    table::{Align, Column, Narrow, record_table},
};
use maud::{Markup, html};
use serde::Serialize;

use super::{
    event_table::{EventRow, live_event_table},
    frame::{MerchantFrame, Section},
    offer::ItemCard,
};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct OverviewView {
    pub frame: MerchantFrame,
    pub figures: ShopFigures,
    /// Most looked at in the last 24 simulated hours, first the most.
    pub top_items: Vec<TopItem>,
    /// Newest first.
    pub newest: Vec<EventRow>,
    /// The model that makes the lists, in words; `None` before the first.
    pub model: Option<ModelSummary>,
    /// Address of a stream of `overview` ([`ShopFigures`]) and `interaction` ([`EventRow`]) events.
    pub stream: Option<String>,
}

/// Figures of the last 24 simulated hours, and the data of the live event `overview`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ShopFigures {
    /// The demo's time, microseconds since the Unix epoch; as JSON `simulated_now` in RFC 3339.
    #[serde(rename = "simulated_now", serialize_with = "super::instant::serialize")]
    pub simulated_now_us: i64,
    /// Shoppers and guests who did anything.
    pub shoppers: u64,
    pub views: u64,
    pub carts: u64,
    /// Shoppers and guests who bought something.
    pub buyers: u64,
    pub orders: u64,
    pub revenue_minor: i64,
    /// ISO 4217 code of the merchant's own currency.
    pub currency: String,
    /// Lists that were shown, and items that were opened from them.
    pub lists: u64,
    pub list_clicks: u64,
    /// Events in each complete quarter of a simulated hour, oldest first.
    pub throughput: Vec<u64>,
}

/// An item of the ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct TopItem {
    pub item: ItemCard,
    pub views: u64,
    pub carts: u64,
    pub units_sold: u64,
}

/// What the page tells of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSummary {
    /// The beginning of its hash.
    pub name: String,
    /// What it was trained on, in words.
    pub trained_on: String,
    /// How good it is beside popularity, in words; `None` where there was too little to measure.
    pub quality: Option<String>,
}

const ITEM: Column = Column {
    title: "Item",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const VIEWS: Column = Column {
    title: "Looked at",
    align: Align::End,
    narrow: Narrow::TopEnd,
};
const CARTS: Column = Column {
    title: "Into carts",
    align: Align::End,
    narrow: Narrow::MiddleEnd,
};
const SOLD: Column = Column {
    title: "Sold",
    align: Align::End,
    narrow: Narrow::BottomEnd,
};

/// The page.
pub fn overview(view: &OverviewView) -> Markup {
    let window = view.frame.section_href(Section::Window);
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Overview" }
                p class="lede" {
                    "The last 24 simulated hours at " (view.frame.merchant) ". Every answer is made when it is asked for: "
                    a href=(window) { "look through a shopper's eyes" } "."
                }
            }
            @if view.stream.is_some() { (live::stream_controls(Some("live-summary"))) }
        }
        div class="stack" data-live="overview" {
            (summary(&view.figures))
            (headline(&view.figures))
            (throughput(&view.figures))
        }
        div class="columns columns-even" {
            (top_items(view))
            (newest(view))
        }
        @if let Some(model) = &view.model { (model_summary(model)) }
    };
    view.frame.page(
        "Overview",
        Some(Section::Overview),
        view.stream.as_deref(),
        main,
    )
}

/// The figures in one sentence, which the script announces now and then.
fn summary(figures: &ShopFigures) -> Markup {
    html! {
        p class="visually-hidden" id="live-summary" {
            (live::value("shoppers", Format::Integer, &number::integer(figures.shoppers)))
            " shoppers, "
            (live::value("views", Format::Integer, &number::integer(figures.views)))
            " items looked at, "
            (live::value("orders", Format::Integer, &number::integer(figures.orders)))
            " orders"
        }
    }
}

fn headline(of: &ShopFigures) -> Markup {
    let integer = |field, value| live::value(field, Format::Integer, &number::integer(value));
    let share = |field, whole, part: u64, all: u64| {
        live::value(field, Format::Share { whole }, &number::share(part, all))
    };
    let revenue = Format::Money {
        currency: "currency",
    };
    figures(&[
        Figure {
            label: "Shoppers",
            value: integer("shoppers", of.shoppers),
            note: None,
        },
        Figure {
            label: "Items looked at",
            value: integer("views", of.views),
            note: Some(html! { (integer("carts", of.carts)) " into carts" }),
        },
        Figure {
            label: "Shoppers who buy",
            value: share("buyers", "shoppers", of.buyers, of.shoppers),
            note: Some(html! { (integer("orders", of.orders)) " orders" }),
        },
        Figure {
            label: "Revenue",
            value: live::value(
                "revenue_minor",
                revenue,
                &money::money(of.revenue_minor, &of.currency),
            ),
            note: None,
        },
        Figure {
            label: "Lists that are clicked",
            value: share("list_clicks", "lists", of.list_clicks, of.lists),
            note: Some(html! { "of " (integer("lists", of.lists)) " lists" }),
        },
    ])
}

fn throughput(figures: &ShopFigures) -> Markup {
    let chart = AreaChart {
        label: "Events in each quarter of a simulated hour",
        values: &figures.throughput,
        axis: &[
            (0.0, "24 h ago"),
            (0.25, "18 h"),
            (0.5, "12 h"),
            (0.75, "6 h"),
            (1.0, "now"),
        ],
        series: Some("throughput"),
    };
    html! {
        section class="panel" aria-labelledby="throughput" {
            div class="section-heading" {
                h2 id="throughput" { "Activity" }
                p { "Events in each quarter of a simulated hour" }
            }
            (chart.render())
        }
    }
}

fn top_items(view: &OverviewView) -> Markup {
    let body = html! {
        tbody {
            @for top in &view.top_items {
                tr {
                    (ITEM.cell(html! {
                        a href=(view.frame.item_href(&top.item.item_id)) { (top.item.title) }
                    }))
                    (VIEWS.cell(html! { (number::integer(top.views)) }))
                    (CARTS.cell(html! { (number::integer(top.carts)) }))
                    (SOLD.cell(html! { (number::integer(top.units_sold)) }))
                }
            }
        }
    };
    html! {
        section aria-labelledby="top-items" {
            div class="section-heading" {
                h2 id="top-items" { "Most looked at" }
                p { "Last 24 simulated hours" }
            }
            @if view.top_items.is_empty() {
                (empty_state("Nobody has looked at anything yet", &html! {}))
            } @else {
                (record_table("Most looked at items", &[ITEM, VIEWS, CARTS, SOLD], &body))
            }
        }
    }
}

fn newest(view: &OverviewView) -> Markup {
    html! {
        section aria-labelledby="newest" {
            div class="section-heading" {
                h2 id="newest" { "What shoppers do" }
                p { "Newest first; a name opens the shop as that shopper sees it" }
            }
            (live_event_table(&view.frame, "Newest events", &view.newest))
        }
    }
}

fn model_summary(model: &ModelSummary) -> Markup {
    html! {
        section class="panel stack stack-tight" aria-labelledby="model" {
            h2 id="model" { "The model that makes the lists" }
            p { code { (model.name) } " · " (model.trained_on) }
            @if let Some(quality) = &model.quality { p { (quality) } }
        }
    }
}

#[cfg(test)]
impl OverviewView {
    /// A page for tests.
    pub(super) fn example() -> Self {
        let offer = super::offer::Offer::example();
        Self {
            frame: MerchantFrame::example(),
            figures: ShopFigures {
                currency: "EUR".to_owned(),
                throughput: vec![1, 2, 3],
                ..ShopFigures::default()
            },
            top_items: vec![TopItem {
                item: offer.item,
                views: 12,
                carts: 3,
                units_sold: 1,
            }],
            newest: vec![EventRow {
                position: "p".to_owned(),
                occurred_at_us: 0,
                kind: "looked at".to_owned(),
                item_id: "a/b".to_owned(),
                title: "<Lamp>".to_owned(),
                shopper_id: Some("ann & bob".to_owned()),
            }],
            model: None,
            stream: Some("/merchants/anchor/v1/stream".to_owned()),
        }
    }
}
