//! A merchant's first page.

use accord_service::{Principal, Problem};
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
};
use recommendation::{ModelFigures, NewestInteraction};

use super::{card, page};
use crate::{
    application::ApplicationError,
    console::{
        self,
        event_table::LIVE_ROWS_MAX,
        overview::{ModelSummary, OverviewView, ShopFigures, TopItem},
    },
    http::{MerchantService, Service},
};

const TOP_ITEMS: usize = 12;
/// Characters of a hash that tell models apart.
const HASH_CHARACTERS: usize = 12;

/// The overview.
pub(in crate::http) async fn overview(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let newest: Vec<NewestInteraction> = {
        let view = service.node.view();
        let newest = view.activity().newest_first();
        newest.take(LIVE_ROWS_MAX).copied().collect()
    };
    let rows = service
        .event_rows(&newest)
        .await
        .map_err(ApplicationError::Query)?;
    let after = newest.first().map_or(0, |interaction| interaction.sequence);
    let view = OverviewView {
        frame: service.frame(&principal, &uri),
        figures: service.shop_figures(),
        top_items: service.top_items(),
        newest: rows,
        model: service.model_summary(),
        stream: Some(format!(
            "{}/v1/stream?after={after}",
            service.placement.base_path
        )),
    };
    Ok(page(StatusCode::OK, console::overview::overview(&view)))
}

impl MerchantService {
    /// Figures of the last day.
    pub(in crate::http) fn shop_figures(&self) -> ShopFigures {
        self.node.shop_figures()
    }

    fn top_items(&self) -> Vec<TopItem> {
        let now_us = self.node.clock().now_us();
        let view = self.node.view();
        let ranking = view.activity().top_items(now_us, TOP_ITEMS);
        let described = ranking.into_iter().filter_map(|(number, sums)| {
            Some(TopItem {
                item: card(&view, &view.catalogue().item(number)?.item),
                views: sums.views,
                carts: sums.carts,
                units_sold: sums.units_sold,
            })
        });
        described.collect()
    }

    fn model_summary(&self) -> Option<ModelSummary> {
        let view = self.node.view();
        let active = view.control().active_model.as_deref()?;
        let published = view.models().iter().find(|model| model.model == active)?;
        let card = &published.card;
        let quality = card
            .validation
            .zip(card.popularity)
            .map(|(model, popularity)| compared(&model, &popularity, card.validation_cases));
        Some(ModelSummary {
            name: active.chars().take(HASH_CHARACTERS).collect(),
            trained_on: format!(
                "trained on {} items, {} shoppers, {} sessions and {} baskets",
                card.items, card.shoppers, card.sessions, card.baskets
            ),
            quality,
        })
    }
}

fn compared(model: &ModelFigures, popularity: &ModelFigures, cases: u64) -> String {
    format!(
        "On {cases} shoppers that it was not trained on: Recall@20 {:.3}, NDCG@100 {:.3}; what is popular alone: {:.3}, {:.3}.",
        model.recall_at_20, model.ndcg_at_100, popularity.recall_at_20, popularity.ndcg_at_100
    )
}
