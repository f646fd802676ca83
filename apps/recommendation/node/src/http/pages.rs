//! The pages of one merchant: the live view and the read models into views.

mod items;
mod orders;
mod overview;
mod window;

pub(super) use items::{item, items};
pub(super) use orders::orders;
pub(super) use overview::overview;
pub(super) use window::{act, window};

use accord_console::{CONTENT_SECURITY_POLICY, DemoClock, PersonaSwitcher};
use accord_service::{Authenticator, Principal};
use axum::{
    http::{StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use maud::Markup;
use recommendation::{InteractionKind, LiveView, NewestInteraction, Source};

use super::MerchantService;
use crate::{
    application::ListedRecommendation,
    console::{
        event_table::EventRow,
        frame::MerchantFrame,
        offer::{ItemCard, Offer, OfferShare},
    },
};

/// The longest erased or unknown name that a page shows instead of one.
const UNKNOWN_ITEM: &str = "an item that is not in the catalogue";

impl MerchantService {
    /// What surrounds the page of an address.
    pub(super) fn frame(&self, principal: &Principal, uri: &Uri) -> MerchantFrame {
        let placement = &self.placement;
        let footer =
            |label: &str, path: &str| (label.to_owned(), format!("{}{path}", placement.base_path));
        MerchantFrame {
            merchant: capitalised(self.node.name()),
            base_path: placement.base_path.clone(),
            home_href: placement.home_href.clone(),
            clock: placement.shows_clock.then(|| DemoClock {
                now_us: self.node.clock().now_us(),
                speed: self.node.clock().speed(),
            }),
            personas: persona_switcher(placement.edge.authenticator(), principal, uri.path()),
            footer: vec![
                footer("API", "/api/"),
                footer("OpenAPI", "/openapi.json"),
                footer("Health", "/health/ready"),
            ],
        }
    }

    /// Interactions with the names of shoppers, who are unknown until the read model has them.
    pub(super) async fn event_rows(
        &self,
        interactions: &[NewestInteraction],
    ) -> Result<Vec<EventRow>, sqlx::Error> {
        let titles: Vec<(String, String)> = {
            let view = self.node.view();
            let named = |interaction: &NewestInteraction| id_and_title(&view, interaction.item);
            interactions.iter().map(named).collect()
        };
        let mut rows = Vec::with_capacity(interactions.len());
        for (interaction, (item_id, title)) in interactions.iter().zip(titles) {
            let shopper = self.node.shopper_identity(interaction.shopper).await?;
            rows.push(EventRow {
                position: interaction.sequence.to_string(),
                occurred_at_us: interaction.at_us,
                kind: kind_in_words(interaction.kind).to_owned(),
                item_id,
                title,
                shopper_id: shopper.map(|shopper| shopper.id().to_owned()),
            });
        }
        Ok(rows)
    }
}

/// A whole page with the headers that every page has.
pub(super) fn page(status: StatusCode, markup: Markup) -> Response {
    (
        status,
        [
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        Html(markup.into_string()),
    )
        .into_response()
}

/// The persona switcher of the header, where there are personas to choose from.
fn persona_switcher(
    authenticator: &Authenticator,
    principal: &Principal,
    return_to: &str,
) -> Option<PersonaSwitcher> {
    let personas = authenticator.personas();
    (personas.len() > 1).then(|| PersonaSwitcher {
        action: "/persona".to_owned(),
        return_to: return_to.to_owned(),
        choices: personas
            .iter()
            .map(|persona| (persona.id().to_owned(), persona.name().to_owned()))
            .collect(),
        current: principal.id().to_owned(),
    })
}

/// The merchant's name as a title.
pub fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn kind_in_words(kind: InteractionKind) -> &'static str {
    match kind {
        InteractionKind::Impression => "was shown",
        InteractionKind::View => "looked at",
        InteractionKind::Cart => "put into the cart",
        InteractionKind::Remove => "took out of the cart",
        InteractionKind::Purchase => "bought",
        InteractionKind::Rating => "rated",
    }
}

fn id_and_title(view: &LiveView, number: u32) -> (String, String) {
    match view.catalogue().item(number) {
        Some(known) => (known.item.item_id.clone(), known.item.title.clone()),
        None => (String::new(), UNKNOWN_ITEM.to_owned()),
    }
}

/// An item as cards show it.
fn card(view: &LiveView, item: &recommendation::Item) -> ItemCard {
    let record = view.records().items.get(&item.item_id);
    ItemCard {
        item_id: item.item_id.clone(),
        title: item.title.clone(),
        categories: item.categories.clone(),
        price_minor: item.price_minor,
        currency: item.currency.clone(),
        units_left: record.and_then(recommendation::ItemRecord::units_left),
    }
}

fn offers(view: &LiveView, list: Vec<ListedRecommendation>) -> Vec<Offer> {
    list.into_iter().map(|listed| offer(view, listed)).collect()
}

fn offer(view: &LiveView, listed: ListedRecommendation) -> Offer {
    let mut shares: Vec<OfferShare> = listed
        .shares
        .iter()
        .filter(|share| share.value != 0.0)
        .map(|share| OfferShare {
            kind: share_kind(share.source),
            words: match (&share.because, &share.campaign) {
                (Some(item), _) => item.title.clone(),
                (None, Some(campaign)) => format!("Campaign {campaign}"),
                (None, None) => "What everybody wants now".to_owned(),
            },
            value: share.value,
        })
        .collect();
    shares.sort_by(|one, other| other.value.abs().total_cmp(&one.value.abs()));
    Offer {
        item: card(view, &listed.item),
        score: listed.score,
        shares,
        reason: listed.reason,
        explored: listed.explored,
    }
}

/// The place of a source in the console's kinds of shares.
fn share_kind(source: Source) -> usize {
    match source {
        Source::Taste => 0,
        Source::Session => 1,
        Source::Together => 2,
        Source::Content => 3,
        Source::Popularity => 4,
        Source::Campaign => 5,
    }
}
