//! The shop window: the shop through the eyes of one shopper, who can do something and see what it changes.

use accord_console::{notice::empty_state, number};
use maud::{Markup, html};

use super::{
    event_table::{EventRow, event_table},
    frame::{MerchantFrame, Section},
    offer::{ItemCard, Offer, price, share_legend, shelf, tile},
};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowView {
    pub frame: MerchantFrame,
    /// Whose eyes: a shopper's id, or the session of a guest; empty for nobody yet.
    pub shopper_id: String,
    pub is_guest: bool,
    /// Shoppers who were here lately.
    pub suggestions: Vec<String>,
    /// Where in the shop: value of the form and words.
    pub surface: String,
    pub surfaces: Vec<(String, String)>,
    /// The item whose page is open.
    pub looking_at: Option<ItemCard>,
    /// What lies in the cart.
    pub cart: Vec<ItemCard>,
    /// Newest first.
    pub history: Vec<EventRow>,
    pub offers: Vec<Offer>,
    /// Under which the list is known in the log.
    pub list_id: Option<String>,
    /// Time to make the list, in microseconds.
    pub made_in_us: Option<u64>,
    /// Condition over items that narrows the list, as entered, and what is wrong with it.
    pub filter: String,
    pub filter_problem: Option<String>,
    /// Where what the shopper does is posted; `None` for a reader who may only look.
    pub action: Option<String>,
}

/// The page.
pub fn window(view: &WindowView) -> Markup {
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Shop window" }
                p class="lede" {
                    "Pick a shopper, do something in the shop, and watch the list change: nothing is made in advance. Every \
                     share of a score is exact; they add up to it."
                }
            }
        }
        (who(view))
        @if view.shopper_id.is_empty() {
            (empty_state("Whose eyes?", &html! {
                p { "Pick one of the shoppers above, or begin as a guest of whom nothing is known." }
            }))
        } @else {
            @if let Some(item) = &view.looking_at { (open_page(view, item)) }
            (offers(view))
            div class="columns columns-even" {
                (history(view))
                (cart(view))
            }
        }
    };
    view.frame
        .page("Shop window", Some(Section::Window), None, main)
}

fn who(view: &WindowView) -> Markup {
    let action = view.frame.section_href(Section::Window);
    html! {
        section class="panel stack stack-tight" aria-label="Whose eyes" {
            form class="filters" method="get" action=(action) {
                div class="field field-wide" {
                    label for="shopper" { "Shopper, or a guest's session" }
                    input id="shopper" name="shopper" type="text" autocomplete="off" spellcheck="false" value=(view.shopper_id);
                }
                div class="field" {
                    label for="guest" { "Known as" }
                    select id="guest" name="guest" {
                        option value="" selected[!view.is_guest] { "Shopper" }
                        option value="true" selected[view.is_guest] { "Guest" }
                    }
                }
                div class="field" {
                    label for="surface" { "Where" }
                    select id="surface" name="surface" {
                        @for (value, words) in &view.surfaces {
                            option value=(value) selected[*value == view.surface] { (words) }
                        }
                    }
                }
                div class="field field-wide" {
                    label for="filter" { "Only items with" }
                    input id="filter" name="filter" type="text" autocomplete="off" spellcheck="false"
                        placeholder="price_minor < 3000" value=(view.filter)
                        aria-invalid=[view.filter_problem.as_ref().map(|_| "true")];
                }
                @if let Some(item) = &view.looking_at {
                    input type="hidden" name="item" value=(item.item_id);
                }
                div class="filters-actions" { button type="submit" { "Look" } }
            }
            @if let Some(problem) = &view.filter_problem { p class="form-error" { (problem) } }
            p class="small" {
                @if !view.suggestions.is_empty() {
                    span class="muted" { "Here lately: " }
                    @for (place, shopper) in view.suggestions.iter().enumerate() {
                        @if place > 0 { " · " }
                        a href=(view.frame.window_href(shopper)) { (shopper) }
                    }
                    " · "
                }
                a href={ (action) "?guest=new" } { "a new guest" }
            }
        }
    }
}

fn open_page(view: &WindowView, item: &ItemCard) -> Markup {
    html! {
        section class="panel" aria-labelledby="open-page" {
            div class="section-heading" {
                h2 id="open-page" { "On the page of" }
                p { a href=(shop_href(view)) { "Back to the shop's first page" } }
            }
            div class="offer-head" {
                (tile(item, false))
                div {
                    p class="offer-title" { a href=(view.frame.item_href(&item.item_id)) { (item.title) } }
                    (price(item))
                }
            }
            div class="offer-actions" { (deeds(view, item, &[("cart", "Into the cart"), ("purchase", "Buy now")])) }
        }
    }
}

fn offers(view: &WindowView) -> Markup {
    html! {
        section class="stack stack-tight" aria-labelledby="offers" {
            div class="section-heading" {
                h2 id="offers" { "Recommended now" }
                p {
                    @if let Some(made_in_us) = view.made_in_us { "made in " (number::microseconds(made_in_us)) }
                }
            }
            (share_legend())
            @if view.offers.is_empty() {
                (empty_state("Nothing to recommend", &html! {
                    p { "No item is in stock that the shopper has not bought and that fulfils the condition." }
                }))
            } @else {
                (shelf(&view.frame, &view.offers, |offer| {
                    deeds(view, &offer.item, &[("view", "Look at it"), ("cart", "Into the cart"), ("purchase", "Buy")])
                }))
            }
        }
    }
}

/// Buttons for what the shopper can do with an item.
fn deeds(view: &WindowView, item: &ItemCard, deeds: &[(&str, &str)]) -> Markup {
    let Some(action) = &view.action else {
        return html! { span class="muted small" { "Your role may look, not act." } };
    };
    html! {
        @for (kind, label) in deeds {
            form class="in-place" method="post" action=(action) {
                input type="hidden" name="kind" value=(kind);
                input type="hidden" name="item" value=(item.item_id);
                (standing(view))
                button class="button-quiet" type="submit" { (label) }
            }
        }
    }
}

/// Fields by which an action comes back to the same page.
fn standing(view: &WindowView) -> Markup {
    html! {
        input type="hidden" name="shopper" value=(view.shopper_id);
        input type="hidden" name="guest" value=(if view.is_guest { "true" } else { "" });
        input type="hidden" name="surface" value=(view.surface);
        input type="hidden" name="filter" value=(view.filter);
        @if let Some(list_id) = &view.list_id { input type="hidden" name="list" value=(list_id); }
    }
}

fn history(view: &WindowView) -> Markup {
    html! {
        section aria-labelledby="history" {
            div class="section-heading" {
                h2 id="history" { "What is known of " (view.shopper_id) }
                p { "Newest first" }
            }
            @if view.history.is_empty() {
                (empty_state("Nothing yet", &html! { p { "The list shows what everybody likes now." } }))
            } @else {
                (event_table(&view.frame, "The shopper's events", &view.history))
            }
        }
    }
}

fn cart(view: &WindowView) -> Markup {
    html! {
        section aria-labelledby="cart" {
            div class="section-heading" { h2 id="cart" { "In the cart" } }
            @if view.cart.is_empty() {
                (empty_state("The cart is empty", &html! {}))
            } @else {
                ul class="shelf" {
                    @for item in &view.cart {
                        li class="offer" {
                            div class="offer-head" {
                                (tile(item, false))
                                div {
                                    p class="offer-title" { a href=(view.frame.item_href(&item.item_id)) { (item.title) } }
                                    (price(item))
                                }
                            }
                            div class="offer-actions" { (deeds(view, item, &[("remove", "Take it out"), ("purchase", "Buy")])) }
                        }
                    }
                }
            }
        }
    }
}

fn shop_href(view: &WindowView) -> String {
    let guest = if view.is_guest { "&guest=true" } else { "" };
    format!("{}{guest}", view.frame.window_href(&view.shopper_id))
}

#[cfg(test)]
impl WindowView {
    /// A page for tests.
    pub(super) fn example() -> Self {
        let offer = Offer::example();
        Self {
            frame: MerchantFrame::example(),
            shopper_id: "ann \"<&".to_owned(),
            is_guest: true,
            suggestions: vec!["anchor-shopper-00001".to_owned()],
            surface: "home".to_owned(),
            surfaces: vec![("home".to_owned(), "First page".to_owned())],
            looking_at: Some(offer.item.clone()),
            cart: vec![offer.item.clone()],
            history: Vec::new(),
            offers: vec![offer],
            list_id: Some("l".to_owned()),
            made_in_us: Some(320),
            filter: "price_minor < 1".to_owned(),
            filter_problem: Some("there is no such field".to_owned()),
            action: Some("/merchants/anchor/window".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_who_may_only_look_gets_no_buttons() {
        let view = WindowView {
            action: None,
            ..WindowView::example()
        };
        let page = window(&view).into_string();
        assert!(!page.contains(r#"name="kind""#), "{page}");
        assert!(
            window(&WindowView::example())
                .into_string()
                .contains(r#"name="kind""#)
        );
    }
}
