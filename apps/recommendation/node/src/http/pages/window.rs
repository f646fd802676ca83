//! The shop window: the shop as one shopper sees it, and what the shopper does there.

use std::time::Instant;

use accord_service::{Deadline, Principal, Problem, ProblemKind, Role, StrictQuery};
use axum::{
    Form,
    extract::{OriginalUri, State, rejection::FormRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use recommendation::{InteractionKind, ListRequest, Surface, is_text_id};
use serde::Deserialize;
use uuid::Uuid;

use super::{card, id_and_title, kind_in_words, offers, page};
use crate::{
    application::{ApplicationError, InteractionRequest, ListAnswer, ListQuery, OrderRequest},
    console::{
        self,
        event_table::EventRow,
        frame::{Section, encoded},
        window::WindowView,
    },
    http::{MerchantService, Service, command_caller, invalid_parameter},
    identity::ShopperIdentity,
};

const OFFERS: u16 = 12;
const HISTORY_ROWS: usize = 15;
const SUGGESTIONS: usize = 6;
/// What `guest` says to begin as somebody new.
const NEW_GUEST: &str = "new";
const SURFACES: [(Surface, &str); 4] = [
    (Surface::Home, "First page"),
    (Surface::Product, "An item's page"),
    (Surface::Cart, "The cart"),
    (Surface::AfterPurchase, "After a purchase"),
];

/// Whose eyes, and where they look.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct WindowForm {
    shopper: String,
    guest: String,
    surface: String,
    item: String,
    filter: String,
}

/// The page.
pub(in crate::http) async fn window(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictQuery(form): StrictQuery<WindowForm>,
) -> Result<Response, Problem> {
    if form.guest == NEW_GUEST {
        let session = Uuid::new_v4().simple().to_string();
        let session = format!("window-{}", &session[..8]);
        let frame = service.frame(&principal, &uri);
        let location = format!("{}&guest=true", frame.window_href(&session));
        return Ok(see(&location));
    }
    let surface = form.surface()?;
    let suggestions = service.suggestions().await?;
    let frame = service.frame(&principal, &uri);
    let may_act = [Role::Storefront, Role::Administrator]
        .into_iter()
        .any(|role| principal.roles().contains(role));
    let mut view = WindowView {
        action: may_act.then(|| frame.section_href(Section::Window)),
        frame,
        is_guest: form.is_guest(),
        suggestions,
        surface: surface.name().to_owned(),
        surfaces: SURFACES
            .map(|(surface, words)| (surface.name().to_owned(), words.to_owned()))
            .to_vec(),
        looking_at: None,
        cart: Vec::new(),
        history: Vec::new(),
        offers: Vec::new(),
        list_id: None,
        made_in_us: None,
        filter: form.filter.clone(),
        filter_problem: None,
        shopper_id: form.shopper.trim().to_owned(),
    };
    let mut status = StatusCode::OK;
    if let Some(identity) = form.identity()? {
        let begun = Instant::now();
        let query = form.query(&identity, surface);
        match service
            .node
            .recommend(&command_caller(&principal, deadline), query)
            .await
        {
            Ok(answer) => {
                view.made_in_us = Some(begun.elapsed().as_micros() as u64);
                service.show(&mut view, &identity, &form.item, answer);
            }
            Err(ApplicationError::InvalidFilter(faults)) => {
                status = StatusCode::UNPROCESSABLE_ENTITY;
                view.filter_problem = faults.first().map(ToString::to_string);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page(status, console::window::window(&view)))
}

/// What a shopper does, as a button of the page posts it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PostedDeed {
    kind: DeedName,
    item: String,
    shopper: String,
    #[serde(default)]
    guest: String,
    #[serde(default)]
    surface: String,
    #[serde(default)]
    filter: String,
    #[serde(default)]
    list: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DeedName {
    View,
    Cart,
    Remove,
    Purchase,
}

/// Records what a shopper does and shows what it changes.
pub(in crate::http) async fn act(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    posted: Result<Form<PostedDeed>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(posted) = posted.map_err(|rejection| {
        Problem::new(ProblemKind::MalformedRequest).detail(rejection.body_text())
    })?;
    let form = WindowForm {
        shopper: posted.shopper.clone(),
        guest: posted.guest.clone(),
        surface: posted.surface.clone(),
        item: posted.item.clone(),
        filter: posted.filter.clone(),
    };
    let surface = form.surface()?;
    let Some(identity) = form.identity()? else {
        return Err(invalid_parameter("shopper", "is missing"));
    };
    if !is_text_id(&posted.item) {
        return Err(invalid_parameter("item", "is not the id of an item"));
    }
    let caller = command_caller(&principal, deadline);
    let node = &service.node;
    let next = match posted.kind {
        DeedName::Purchase => {
            let order = OrderRequest {
                order_id: format!("window-{}", Uuid::now_v7().simple()),
                shopper: identity,
                session_id: None,
                lines: vec![(posted.item.clone(), 1)],
                placed_at_us: None,
                surface: Some(surface),
                list_id: posted.list.clone(),
            };
            node.place_order(&caller, order).await?;
            Surface::AfterPurchase
        }
        DeedName::View | DeedName::Cart | DeedName::Remove => {
            let kind = match posted.kind {
                DeedName::Cart => InteractionKind::Cart,
                DeedName::Remove => InteractionKind::Remove,
                _ => InteractionKind::View,
            };
            let interaction = InteractionRequest {
                event_id: None,
                shopper: identity,
                session_id: None,
                kind,
                item_id: posted.item.clone(),
                occurred_at_us: None,
                quantity: None,
                price_minor: None,
                rating: None,
                surface: Some(surface),
                list_id: posted.list.clone(),
            };
            node.record_interaction(&caller, interaction).await?;
            match kind {
                InteractionKind::View => Surface::Product,
                _ => Surface::Cart,
            }
        }
    };
    let item = match next {
        Surface::Product => format!("&item={}", encoded(&posted.item)),
        _ => String::new(),
    };
    let frame = service.frame(&principal, &uri);
    Ok(see(&format!(
        "{}&guest={}&surface={}&filter={}{item}",
        frame.window_href(&form.shopper),
        if form.is_guest() { "true" } else { "" },
        next.name(),
        encoded(&form.filter),
    )))
}

impl WindowForm {
    fn is_guest(&self) -> bool {
        self.guest == "true"
    }

    fn surface(&self) -> Result<Surface, Problem> {
        if self.surface.is_empty() {
            return Ok(if self.item.is_empty() {
                Surface::Home
            } else {
                Surface::Product
            });
        }
        Surface::ALL
            .into_iter()
            .find(|surface| surface.name() == self.surface)
            .ok_or_else(|| invalid_parameter("surface", "is not a place in the shop"))
    }

    /// `None`: nobody yet.
    fn identity(&self) -> Result<Option<ShopperIdentity>, Problem> {
        let id = self.shopper.trim();
        if id.is_empty() {
            return Ok(None);
        }
        if !is_text_id(id) {
            let rule = "must have 1 to 64 bytes and no control characters";
            return Err(invalid_parameter("shopper", rule));
        }
        Ok(Some(if self.is_guest() {
            ShopperIdentity::Guest(id.to_owned())
        } else {
            ShopperIdentity::Shopper(id.to_owned())
        }))
    }

    fn query(&self, identity: &ShopperIdentity, surface: Surface) -> ListQuery {
        let filter = self.filter.trim();
        let items = if surface == Surface::Product && !self.item.is_empty() {
            vec![self.item.clone()]
        } else {
            Vec::new()
        };
        ListQuery {
            shopper: Some(identity.clone()),
            request: ListRequest {
                context: surface,
                items,
                count: OFFERS,
                filter: (!filter.is_empty()).then(|| filter.to_owned()),
                ..ListRequest::default()
            },
            record: true,
        }
    }
}

impl MerchantService {
    /// Fills in what is known of the shopper, and the list.
    fn show(
        &self,
        page: &mut WindowView,
        identity: &ShopperIdentity,
        item_id: &str,
        answer: ListAnswer,
    ) {
        let reference = self.node.reference_of(identity);
        let view = self.node.view();
        page.looking_at = view
            .item(item_id)
            .map(|(_, known)| card(&view, &known.item));
        if let Some(history) = reference.and_then(|reference| view.shopper(reference)) {
            let newest = history.newest_first().take(HISTORY_ROWS);
            page.history = newest
                .map(|entry| {
                    let (item_id, title) = id_and_title(&view, entry.item);
                    EventRow {
                        position: String::new(),
                        occurred_at_us: entry.at_us,
                        kind: kind_in_words(entry.kind).to_owned(),
                        item_id,
                        title,
                        shopper_id: None,
                    }
                })
                .collect();
            page.cart = history
                .cart()
                .iter()
                .filter_map(|number| Some(card(&view, &view.catalogue().item(*number)?.item)))
                .collect();
        }
        page.list_id = Some(answer.list_id);
        page.offers = offers(&view, answer.items);
    }

    /// Shoppers who did something lately.
    async fn suggestions(&self) -> Result<Vec<String>, Problem> {
        let mut references = Vec::new();
        for interaction in self.node.view().activity().newest_first() {
            if !references.contains(&interaction.shopper) {
                references.push(interaction.shopper);
            }
        }
        let mut suggestions = Vec::new();
        for reference in references {
            let identity = self
                .node
                .shopper_identity(reference)
                .await
                .map_err(ApplicationError::Query)?;
            if let Some(ShopperIdentity::Shopper(id)) = identity {
                suggestions.push(id);
            }
            if suggestions.len() == SUGGESTIONS {
                break;
            }
        }
        Ok(suggestions)
    }
}

fn see(location: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
