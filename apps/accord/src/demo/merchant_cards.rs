//! The merchants on the demo's first page.

use std::collections::BTreeMap;

use accord_console::{
    live::{self, Format},
    money, number,
};
use maud::{Markup, html};
use recommendation_node::{MerchantNode, console::overview::ShopFigures};
use risk_control_node::capitalised;
use serde::Serialize;

/// Data of the live event `merchants`: each merchant's figures by its name.
#[derive(Serialize)]
pub struct MerchantsFigures {
    merchants: BTreeMap<String, ShopFigures>,
}

impl MerchantsFigures {
    pub fn of(merchants: &[MerchantNode]) -> Self {
        let named = merchants
            .iter()
            .map(|merchant| (merchant.name().to_owned(), merchant.shop_figures()));
        Self {
            merchants: named.collect(),
        }
    }
}

/// The section of the merchants.
pub fn merchant_cards(merchants: &[MerchantNode]) -> Markup {
    html! {
        section class="stack stack-tight" aria-labelledby="merchants" {
            div class="section-heading" {
                h2 id="merchants" { "Merchants" }
                p { "Each recommends from its own shoppers' history, at the moment it is asked" }
            }
            div class="cards" data-live="merchants" {
                @for merchant in merchants { (card(merchant.name(), &merchant.shop_figures())) }
            }
        }
    }
}

fn card(name: &str, figures: &ShopFigures) -> Markup {
    let path = |field: &str| format!("merchants.{name}.{field}");
    let integer = |field: &str, value: u64| {
        live::value(&path(field), Format::Integer, &number::integer(value))
    };
    let share = |field: &str, whole: &str, part: u64, all: u64| {
        let whole = path(whole);
        live::value(
            &path(field),
            Format::Share { whole: &whole },
            &number::share(part, all),
        )
    };
    let currency = path("currency");
    let revenue = live::value(
        &path("revenue_minor"),
        Format::Money {
            currency: &currency,
        },
        &money::money(figures.revenue_minor, &figures.currency),
    );
    html! {
        article class="card" {
            div class="card-heading" { h2 { a href={ "/merchants/" (name) } { (capitalised(name)) } } }
            p class="card-figure" {
                span class="figure-value" { (integer("shoppers", figures.shoppers)) }
                span class="muted small" { "shoppers in 24 hours" }
            }
            dl class="description" {
                div { dt { "Who buy" } dd { (share("buyers", "shoppers", figures.buyers, figures.shoppers)) } }
                div { dt { "Revenue" } dd { (revenue) } }
                div { dt { "Lists clicked" } dd { (share("list_clicks", "lists", figures.list_clicks, figures.lists)) } }
            }
        }
    }
}
