//! The catalogue, and one item.

use accord_service::{Deadline, Principal, Problem, ProblemKind, StrictPath, StrictQuery};
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
};
use recommendation::{CatalogueItem, LiveView, Relation};
use serde::Deserialize;

use super::{card, offers, page};
use crate::{
    console::{
        self,
        frame::{Section, encoded},
        items::{ItemRow, ItemStatus, ItemView, ItemsView},
    },
    http::{Service, command_caller},
};

const PAGE_ITEMS: usize = 50;
const NEIGHBOURS: u16 = 8;

/// What the list is narrowed to.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct ItemsForm {
    query: String,
    after: Option<String>,
}

/// The list.
pub(in crate::http) async fn items(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    StrictQuery(form): StrictQuery<ItemsForm>,
) -> Result<Response, Problem> {
    let frame = service.frame(&principal, &uri);
    let now_us = service.node.clock().now_us();
    let (rows, total, more) = {
        let view = service.node.view();
        let words: Vec<String> = form
            .query
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let mut found = view
            .catalogue()
            .after(form.after.as_deref())
            .filter(|(_, known)| matches(known, &words));
        let rows: Vec<ItemRow> = found
            .by_ref()
            .take(PAGE_ITEMS)
            .map(|(number, known)| ItemRow {
                item: card(&view, &known.item),
                status: status(&view, number, known, now_us),
            })
            .collect();
        let more = found.next().is_some();
        (rows, view.catalogue().len() as u64, more)
    };
    let last = rows.last().map(|row| row.item.item_id.as_str());
    let next_href = last.filter(|_| more).map(|after| {
        format!(
            "{}?query={}&after={}",
            frame.section_href(Section::Items),
            encoded(&form.query),
            encoded(after)
        )
    });
    let view = ItemsView {
        frame,
        query: form.query,
        rows,
        total,
        next_href,
    };
    Ok(page(StatusCode::OK, console::items::items(&view)))
}

/// One item.
pub(in crate::http) async fn item(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(item_id): StrictPath<String>,
) -> Result<Response, Problem> {
    let caller = command_caller(&principal, deadline);
    let related = |relation| {
        service
            .node
            .related(&caller, relation, &item_id, NEIGHBOURS)
    };
    let similar = related(Relation::Similar).await?;
    let bought_together = related(Relation::BoughtTogether).await?;
    let frame = service.frame(&principal, &uri);
    let now_us = service.node.clock().now_us();
    let view = service.node.view();
    let Some((number, known)) = view.item(&item_id) else {
        return Err(Problem::new(ProblemKind::NotFound).detail("There is no such item."));
    };
    let record = view.records().items.get(&item_id);
    let markup = console::items::item(&ItemView {
        frame,
        item: card(&view, &known.item),
        status: status(&view, number, known, now_us),
        product_code: known.item.product_code.clone(),
        text: known.item.text.clone(),
        stock: record.and_then(|record| record.stock),
        reserved: record.map_or(0, |record| record.reserved),
        available_from_us: known.item.available_from_us,
        available_until_us: known.item.available_until_us,
        similar: offers(&view, similar),
        bought_together: offers(&view, bought_together),
    });
    Ok(page(StatusCode::OK, markup))
}

fn matches(known: &CatalogueItem, words: &[String]) -> bool {
    let item = &known.item;
    let title = item.title.to_lowercase();
    let categories = known.categories.to_lowercase();
    let id = item.item_id.to_lowercase();
    words
        .iter()
        .all(|word| title.contains(word) || categories.contains(word) || id.contains(word))
}

fn status(view: &LiveView, number: u32, known: &CatalogueItem, now_us: i64) -> ItemStatus {
    let record = view.records().items.get(&known.item.item_id);
    match record {
        Some(record) if record.deleted => ItemStatus::Deleted,
        Some(record) if !record.is_available_at(now_us) => ItemStatus::NotNow,
        _ if view.is_sold_at(number, now_us) => ItemStatus::OnSale,
        _ => ItemStatus::SoldOut,
    }
}
