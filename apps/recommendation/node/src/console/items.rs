//! The catalogue as a list, and one item with what goes with it.

use accord_console::{
    Tone,
    badge::badge,
    description::description,
    money,
    notice::empty_state,
    number,
    table::{Align, Column, Narrow, record_table},
    time::{TimeFormat, time},
};
use maud::{Markup, html};

use super::{
    frame::{MerchantFrame, Section},
    offer::{ItemCard, Offer, share_legend, shelf, tile},
};

/// The list.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemsView {
    pub frame: MerchantFrame,
    /// Words to look for, as entered.
    pub query: String,
    pub rows: Vec<ItemRow>,
    pub total: u64,
    pub next_href: Option<String>,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemRow {
    pub item: ItemCard,
    pub status: ItemStatus,
}

/// Whether an item can be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemStatus {
    OnSale,
    SoldOut,
    /// Outside its window of availability.
    NotNow,
    Deleted,
}

impl ItemStatus {
    fn badge(self) -> Markup {
        match self {
            Self::OnSale => badge(Tone::Good, "On sale"),
            Self::SoldOut => badge(Tone::Attention, "Sold out"),
            Self::NotNow => badge(Tone::Neutral, "Not now"),
            Self::Deleted => badge(Tone::Bad, "Deleted"),
        }
    }
}

/// One item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemView {
    pub frame: MerchantFrame,
    pub item: ItemCard,
    pub status: ItemStatus,
    pub product_code: Option<String>,
    pub text: String,
    /// Units in the warehouse, and how many of them open orders have reserved.
    pub stock: Option<u32>,
    pub reserved: u32,
    pub available_from_us: Option<i64>,
    pub available_until_us: Option<i64>,
    pub similar: Vec<Offer>,
    pub bought_together: Vec<Offer>,
}

const ITEM: Column = Column {
    title: "Item",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const ID: Column = Column {
    title: "Id",
    align: Align::Start,
    narrow: Narrow::MiddleStart,
};
const CATEGORY: Column = Column {
    title: "Category",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};
const PRICE: Column = Column {
    title: "Price",
    align: Align::End,
    narrow: Narrow::TopEnd,
};
const LEFT: Column = Column {
    title: "Left",
    align: Align::End,
    narrow: Narrow::MiddleEnd,
};
const STATUS: Column = Column {
    title: "State",
    align: Align::Start,
    narrow: Narrow::BottomEnd,
};

/// The list's page.
pub fn items(view: &ItemsView) -> Markup {
    let action = view.frame.section_href(Section::Items);
    let body = html! { tbody { @for row in &view.rows { (item_row(&view.frame, row)) } } };
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Items" }
                p class="lede" { (number::integer(view.total)) " items are in the catalogue." }
            }
        }
        search {
            form class="filters" method="get" action=(action) {
                div class="field field-wide" {
                    label for="query" { "Words of the title, a category, or an id" }
                    input id="query" name="query" type="search" autocomplete="off" value=(view.query);
                }
                div class="filters-actions" { button type="submit" { "Find" } }
            }
        }
        @if view.rows.is_empty() {
            (empty_state("No item matches", &html! {
                p { a href=(view.frame.section_href(Section::Items)) { "Show all items" } }
            }))
        } @else {
            section aria-label="Items found" {
                (record_table("Items", &[ITEM, ID, CATEGORY, PRICE, LEFT, STATUS], &body))
                @if let Some(next) = &view.next_href {
                    nav class="pager" aria-label="Pages" { span {} a class="button button-quiet" href=(next) { "More" } }
                }
            }
        }
    };
    view.frame.page("Items", Some(Section::Items), None, main)
}

fn item_row(frame: &MerchantFrame, row: &ItemRow) -> Markup {
    let item = &row.item;
    html! {
        tr {
            (ITEM.cell(html! { a href=(frame.item_href(&item.item_id)) { (item.title) } }))
            (ID.cell(html! { code { (item.item_id) } }))
            (CATEGORY.cell(html! { (item.categories.join(" › ")) }))
            (PRICE.cell(html! { (money::money(item.price_minor, &item.currency)) }))
            (LEFT.cell(left(item.units_left)))
            (STATUS.cell(row.status.badge()))
        }
    }
}

/// The item's page.
pub fn item(view: &ItemView) -> Markup {
    let card = &view.item;
    let main = html! {
        div class="page-heading" {
            div class="offer-head" {
                (tile(card, false))
                div {
                    h1 { (card.title) }
                    p class="lede" { (card.categories.join(" › ")) }
                }
            }
            (view.status.badge())
        }
        div class="columns columns-wide-narrow" {
            section class="panel stack stack-tight" aria-labelledby="about" {
                h2 id="about" { "About it" }
                @if view.text.is_empty() { p class="muted" { "There is no description." } } @else { p { (view.text) } }
            }
            section class="panel" aria-label="Facts" { (facts(view)) }
        }
        (neighbours(&view.frame, "bought-together", "Bought together", &view.bought_together,
            "Nobody has bought it together with anything yet."))
        (neighbours(&view.frame, "similar", "Similar", &view.similar, "Nothing is like it."))
    };
    view.frame
        .page(&card.title, Some(Section::Items), None, main)
}

fn facts(view: &ItemView) -> Markup {
    let moment = |at: Option<i64>| match at {
        Some(at_us) => time(at_us, TimeFormat::Full),
        None => html! { "–" },
    };
    let stock = match view.stock {
        Some(stock) => html! {
            (number::integer(stock.into())) " in the warehouse, " (number::integer(view.reserved.into())) " reserved"
        },
        None => html! { "always enough" },
    };
    description(&[
        ("Id", html! { code { (view.item.item_id) } }),
        (
            "Product code",
            html! { code { (view.product_code.as_deref().unwrap_or("–")) } },
        ),
        (
            "Price",
            html! { (money::money(view.item.price_minor, &view.item.currency)) },
        ),
        ("Stock", stock),
        ("Sold from", moment(view.available_from_us)),
        ("Sold until", moment(view.available_until_us)),
    ])
}

fn neighbours(
    frame: &MerchantFrame,
    id: &str,
    title: &str,
    offers: &[Offer],
    nothing: &str,
) -> Markup {
    html! {
        section class="stack stack-tight" aria-labelledby=(id) {
            h2 id=(id) { (title) }
            @if offers.is_empty() {
                p class="muted" { (nothing) }
            } @else {
                (share_legend())
                (shelf(frame, offers, |_| html! {}))
            }
        }
    }
}

fn left(units: Option<u32>) -> Markup {
    match units {
        Some(units) => html! { (number::integer(units.into())) },
        None => html! { "enough" },
    }
}

#[cfg(test)]
impl ItemsView {
    /// A page for tests.
    pub(super) fn example() -> Self {
        Self {
            frame: MerchantFrame::example(),
            query: "<lamp>".to_owned(),
            rows: vec![ItemRow {
                item: Offer::example().item,
                status: ItemStatus::SoldOut,
            }],
            total: 1,
            next_href: Some("/merchants/anchor/items?from=1".to_owned()),
        }
    }
}

#[cfg(test)]
impl ItemView {
    /// A page for tests.
    pub(super) fn example() -> Self {
        Self {
            frame: MerchantFrame::example(),
            item: Offer::example().item,
            status: ItemStatus::OnSale,
            product_code: Some("2900000000017".to_owned()),
            text: "A <plain> hammock.".to_owned(),
            stock: Some(12),
            reserved: 3,
            available_from_us: Some(0),
            available_until_us: None,
            similar: vec![Offer::example()],
            bought_together: Vec::new(),
        }
    }
}
