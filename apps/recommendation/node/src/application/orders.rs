//! Place orders and take them further.

use recommendation::{
    CATALOGUE_PARTITION, ChangeOrder, Command, IntroduceShopper, OrderChange, PlaceOrder,
    Rejection, RequestedLine, ShopperReference, Surface,
};
use serde::Serialize;

use super::{ApplicationError, CommandCaller, Decided, Identity};
use crate::{identity::ShopperIdentity, node::MerchantNode};

/// An order as the merchant's systems send it, checked for shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderRequest {
    pub order_id: String,
    pub shopper: ShopperIdentity,
    pub session_id: Option<String>,
    /// Item ids with units.
    pub lines: Vec<(String, u32)>,
    /// Epoch microseconds; absent: now.
    pub placed_at_us: Option<i64>,
    pub surface: Option<Surface>,
    pub list_id: Option<String>,
}

impl MerchantNode {
    /// Places an order and reserves its units, all or none; sent again, it is answered as before.
    pub async fn place_order(
        &self,
        caller: &CommandCaller,
        request: OrderRequest,
    ) -> Result<Decided, ApplicationError> {
        let shopper = self.meet(caller, &request.shopper).await?;
        let (identity, command) = self.prepare_order(request, shopper);
        self.decide(caller, CATALOGUE_PARTITION, identity, command)
            .await
    }

    /// Takes an order a step further. A step that it has taken already changes nothing.
    pub async fn change_order(
        &self,
        caller: &CommandCaller,
        order_id: &str,
        change: OrderChange,
    ) -> Result<Decided, ApplicationError> {
        let command = Command::ChangeOrder(ChangeOrder {
            order_id: order_id.to_owned(),
            change,
        });
        self.decide(caller, CATALOGUE_PARTITION, Identity::new(), command)
            .await
            .map_err(|error| match error {
                ApplicationError::Rejected(Rejection::UnknownOrder) => {
                    ApplicationError::UnknownOrder
                }
                other => other,
            })
    }

    /// The reference of a shopper, who is introduced if nobody has met the shopper before.
    pub(super) async fn meet(
        &self,
        caller: &CommandCaller,
        shopper: &ShopperIdentity,
    ) -> Result<ShopperReference, ApplicationError> {
        let natural_id = shopper.natural_id();
        let subject = self.shared.keys.find_or_create(&natural_id).await?;
        let reference = ShopperReference(subject.reference);
        if self.shared.live.read().shopper(reference).is_some() {
            return Ok(reference);
        }
        let identity = Identity::new();
        let command = Command::IntroduceShopper(IntroduceShopper {
            shopper: reference,
            introduction: shopper.introduction(&subject, identity.command_id),
        });
        self.decide(caller, self.partition_of(reference), identity, command)
            .await?;
        Ok(reference)
    }

    pub(super) fn prepare_order(
        &self,
        request: OrderRequest,
        shopper: ShopperReference,
    ) -> (Identity, Command) {
        let said = serde_json::to_vec(&request).expect("plain fields always serialise");
        let identity = Identity {
            command_id: self.command_id("order", &request.order_id),
            payload_hash: Some(accord_service::idempotency::payload_hash(&said).max(1)),
        };
        let command = Command::PlaceOrder(PlaceOrder {
            shopper,
            session: self.session_key(&request.shopper, request.session_id.as_deref()),
            order_id: request.order_id,
            lines: request
                .lines
                .into_iter()
                .map(|(item_id, quantity)| RequestedLine { item_id, quantity })
                .collect(),
            placed_at_us: request
                .placed_at_us
                .unwrap_or_else(|| self.shared.clock.now_us()),
            surface: request.surface,
            list_id: request.list_id,
        });
        (identity, command)
    }
}
