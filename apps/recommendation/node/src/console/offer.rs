//! Something on offer, and why it is there.

use accord_console::{
    charts::{Share, share_bar, share_patch},
    money,
};
use maud::{Markup, html};

use super::frame::MerchantFrame;

/// An item as cards show it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ItemCard {
    pub item_id: String,
    pub title: String,
    /// From the widest to the narrowest.
    pub categories: Vec<String>,
    pub price_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// Units that can be bought; `None`: there are always enough.
    pub units_left: Option<u32>,
}

/// An item in a list, with why it is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offer {
    pub item: ItemCard,
    pub score: f64,
    /// What adds up to the score, largest first.
    pub shares: Vec<OfferShare>,
    /// The reason in words.
    pub reason: String,
    /// Whether the place was drawn at random to learn from it.
    pub explored: bool,
}

/// One share of a score.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OfferShare {
    /// Its kind, which decides the colour: a place in [`SHARE_KINDS`].
    pub kind: usize,
    /// Such as an item's title.
    pub words: String,
    pub value: f64,
}

/// Where shares come from, in the order of their colours.
pub const SHARE_KINDS: [&str; 6] = [
    "Taste",
    "This session",
    "Bought together",
    "Likeness",
    "Popular now",
    "Campaign",
];

/// Shares beyond these are told as one.
const SHARES_SHOWN: usize = 3;

/// Offers side by side; `actions` is what can be done with each.
pub fn shelf(
    frame: &MerchantFrame,
    offers: &[Offer],
    actions: impl Fn(&Offer) -> Markup,
) -> Markup {
    let whole = offers
        .iter()
        .map(|offer| offer.shares.iter().map(|share| share.value.max(0.0)).sum())
        .fold(0.0, f64::max);
    html! {
        ol class="shelf" {
            @for offer in offers {
                li class="offer" {
                    div class="offer-head" {
                        (tile(&offer.item, false))
                        div {
                            p class="offer-title" { a href=(frame.item_href(&offer.item.item_id)) { (offer.item.title) } }
                            (price(&offer.item))
                        }
                    }
                    p class="offer-why" {
                        (offer.reason)
                        @if offer.explored { " " span class="muted" { "Drawn at random, to learn from." } }
                    }
                    (share_bar(&bars(offer), whole))
                    (share_list(offer))
                    div class="offer-actions" { (actions(offer)) }
                }
            }
        }
    }
}

/// What the colours mean.
pub fn share_legend() -> Markup {
    html! {
        ul class="share-legend" aria-label="Where a score comes from" {
            @for (kind, name) in SHARE_KINDS.iter().enumerate() {
                li { (share_patch(kind)) (name) }
            }
        }
    }
}

/// Price, and how many are left where few are.
pub fn price(item: &ItemCard) -> Markup {
    html! {
        p class="offer-price" {
            strong { (money::money(item.price_minor, &item.currency)) }
            @if let Some(category) = item.categories.last() { span { (category) } }
            @match item.units_left {
                Some(0) => span { "Sold out" },
                Some(left @ 1..10) => span { (left) " left" },
                _ => {},
            }
        }
    }
}

/// A picture of sorts: the first letters of the category in its colour.
pub fn tile(item: &ItemCard, large: bool) -> Markup {
    let category = item.categories.first().map_or("", String::as_str);
    let letters: String = item
        .categories
        .last()
        .map_or(item.title.as_str(), String::as_str)
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .take(2)
        .collect();
    let kind = category.bytes().map(usize::from).sum::<usize>() % 6;
    let size = if large { "tile tile-large" } else { "tile" };
    html! {
        svg class={ (size) " share-" (kind) } viewBox="0 0 44 44" aria-hidden="true" {
            rect width="44" height="44" {}
            text x="22" y="27" { (letters) }
        }
    }
}

fn bars(offer: &Offer) -> Vec<Share> {
    let mut shares: Vec<Share> = offer
        .shares
        .iter()
        .map(|share| Share {
            kind: share.kind,
            value: share.value,
        })
        .collect();
    shares.sort_by_key(|share| share.kind);
    shares
}

fn share_list(offer: &Offer) -> Markup {
    let (shown, others) = offer.shares.split_at(offer.shares.len().min(SHARES_SHOWN));
    let rest: f64 = others.iter().map(|share| share.value).sum();
    html! {
        dl class="offer-shares" {
            @for share in shown {
                div {
                    dt { (share_patch(share.kind)) span title=(share.words) { (share.words) } }
                    dd { (signed(share.value)) }
                }
            }
            @if !others.is_empty() {
                div { dt { (others.len()) " more" } dd { (signed(rest)) } }
            }
            div { dt { "Score" } dd { strong { (signed(offer.score)) } } }
        }
    }
}

fn signed(value: f64) -> String {
    if value < 0.0 {
        format!("−{:.3}", -value)
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
impl Offer {
    /// An offer for tests.
    pub(super) fn example() -> Self {
        Self {
            item: ItemCard {
                item_id: "AN-00017".to_owned(),
                title: "Tarn <hammock>, fern".to_owned(),
                categories: vec!["Outdoors".to_owned(), "Hammock".to_owned()],
                price_minor: 5_990,
                currency: "EUR".to_owned(),
                units_left: Some(3),
            },
            score: 0.75,
            shares: vec![
                OfferShare {
                    kind: 1,
                    words: "Because of Camping mug".to_owned(),
                    value: 0.8,
                },
                OfferShare {
                    kind: 0,
                    words: "Because of Cool bag".to_owned(),
                    value: -0.05,
                },
            ],
            reason: "Because you looked at Camping mug".to_owned(),
            explored: true,
        }
    }
}
