//! Orders, newest first.

use accord_event_log::Sequence;
use accord_service::{Principal, Problem, StrictQuery};
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
};
use recommendation::OrderStatus;
use serde::Deserialize;

use super::page;
use crate::{
    application::ApplicationError,
    console::{
        self,
        frame::Section,
        orders::{OrderLine, OrderRow, OrderStage, OrdersView},
    },
    http::{MerchantService, Service, invalid_parameter},
    queries::orders::{OrderFilter, OrderRow as StoredOrder},
};

const PAGE_ORDERS: u32 = 50;

/// What the list is narrowed to.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct OrdersForm {
    status: String,
    before: Option<u64>,
}

/// The list.
pub(in crate::http) async fn orders(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    StrictQuery(form): StrictQuery<OrdersForm>,
) -> Result<Response, Problem> {
    let status = match form.status.as_str() {
        "" => None,
        name => Some(
            OrderStatus::ALL
                .into_iter()
                .find(|status| status.name() == name)
                .ok_or_else(|| invalid_parameter("status", "is not a state of orders"))?,
        ),
    };
    let filter = OrderFilter {
        status,
        shopper: None,
    };
    let found = service
        .node
        .orders(filter, form.before.map(Sequence), PAGE_ORDERS)
        .await
        .map_err(ApplicationError::Query)?;
    let frame = service.frame(&principal, &uri);
    let last = found.rows.last().filter(|_| found.has_older);
    let next_href = last.map(|row| {
        format!(
            "{}?status={}&before={}",
            frame.section_href(Section::Orders),
            form.status,
            row.sequence.0
        )
    });
    let mut rows = Vec::with_capacity(found.rows.len());
    for stored in found.rows {
        rows.push(service.order_row(stored).await?);
    }
    let view = OrdersView {
        frame,
        status: form.status,
        rows,
        next_href,
    };
    Ok(page(StatusCode::OK, console::orders::orders(&view)))
}

impl MerchantService {
    async fn order_row(&self, stored: StoredOrder) -> Result<OrderRow, Problem> {
        let shopper = self
            .node
            .shopper_identity(stored.shopper)
            .await
            .map_err(ApplicationError::Query)?;
        let view = self.node.view();
        let lines = stored.lines.into_iter().map(|line| OrderLine {
            title: view.item(&line.item_id).map_or_else(
                || line.item_id.clone(),
                |(_, known)| known.item.title.clone(),
            ),
            item_id: line.item_id,
            quantity: line.quantity,
        });
        Ok(OrderRow {
            lines: lines.collect(),
            order_id: stored.order_id,
            placed_at_us: stored.placed_at_us,
            shopper_id: shopper.map(|shopper| shopper.id().to_owned()),
            total_minor: stored.total_minor,
            currency: self.node.currency().to_owned(),
            status: match stored.status {
                OrderStatus::Placed => OrderStage::Placed,
                OrderStatus::Paid => OrderStage::Paid,
                OrderStatus::Shipped => OrderStage::Shipped,
                OrderStatus::Cancelled => OrderStage::Cancelled,
                OrderStatus::Returned => OrderStage::Returned,
            },
        })
    }
}
