//! Record what a shopper did with an item.

use recommendation::{
    Command, Interaction, InteractionKind, RecordInteraction, SessionKey, ShopperReference, Surface,
};
use serde::Serialize;

use super::{ApplicationError, CommandCaller, Decided, Identity};
use crate::{identity::ShopperIdentity, node::MerchantNode};

/// An interaction as the merchant's systems send it, checked for shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InteractionRequest {
    /// What the interaction is called by whoever sends it; sent again, it changes nothing.
    pub event_id: Option<String>,
    pub shopper: ShopperIdentity,
    /// The merchant's id of the session.
    pub session_id: Option<String>,
    pub kind: InteractionKind,
    pub item_id: String,
    /// Epoch microseconds; absent: now.
    pub occurred_at_us: Option<i64>,
    pub quantity: Option<u32>,
    pub price_minor: Option<i64>,
    pub rating: Option<u8>,
    pub surface: Option<Surface>,
    pub list_id: Option<String>,
}

/// A request, ready for the decider.
pub(super) struct Prepared {
    pub identity: Identity,
    pub shopper: ShopperReference,
    pub command: Command,
}

impl MerchantNode {
    /// Records an interaction, or finds that it was recorded before. When this returns, it is durable, and the next list
    /// is made with it.
    pub async fn record_interaction(
        &self,
        caller: &CommandCaller,
        request: InteractionRequest,
    ) -> Result<Decided, ApplicationError> {
        let prepared = self.prepare_interaction(request).await?;
        self.decide(
            caller,
            self.partition_of(prepared.shopper),
            prepared.identity,
            prepared.command,
        )
        .await
    }

    pub(super) async fn prepare_interaction(
        &self,
        request: InteractionRequest,
    ) -> Result<Prepared, ApplicationError> {
        let natural_id = request.shopper.natural_id();
        let subject = self.shared.keys.find_or_create(&natural_id).await?;
        let identity = match &request.event_id {
            Some(event_id) => {
                let said = serde_json::to_vec(&request).expect("plain fields always serialise");
                Identity {
                    command_id: self.command_id("interaction", event_id),
                    payload_hash: Some(subject.fingerprint(&said)),
                }
            }
            None => Identity::new(),
        };
        let shopper = ShopperReference(subject.reference);
        let introduction = request.shopper.introduction(&subject, identity.command_id);
        let command = Command::RecordInteraction(RecordInteraction {
            shopper,
            introduction,
            interaction: Interaction {
                kind: request.kind,
                occurred_at_us: request
                    .occurred_at_us
                    .unwrap_or_else(|| self.shared.clock.now_us()),
                quantity: request.quantity,
                price_minor: request.price_minor,
                rating: request.rating,
                session: self.session_key(&request.shopper, request.session_id.as_deref()),
                surface: request.surface,
                list_id: request.list_id,
                item_id: request.item_id,
            },
        });
        Ok(Prepared {
            identity,
            shopper,
            command,
        })
    }

    /// What stands for a session in the log; a guest's is the guest's own.
    pub(super) fn session_key(
        &self,
        shopper: &ShopperIdentity,
        session_id: Option<&str>,
    ) -> Option<SessionKey> {
        let session_id = match shopper {
            ShopperIdentity::Guest(session) => Some(session.as_str()),
            ShopperIdentity::Shopper(_) => session_id,
        };
        session_id.map(|id| SessionKey(self.shared.keys.pseudonym("session", id)))
    }
}
