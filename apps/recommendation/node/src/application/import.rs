//! Take over a catalogue, interactions and orders of the past, chunk by chunk.

use std::sync::Arc;

use recommendation::{CATALOGUE_PARTITION, ChangeOrder, Command, Item, OrderChange, UpsertItem};

use super::{ApplicationError, CommandCaller, Identity, InteractionRequest, OrderRequest};
use crate::node::MerchantNode;

/// An interaction of the past. Its event id makes a repeated import harmless.
pub type HistoricalInteraction = InteractionRequest;

/// An order of the past, with how far it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoricalOrder {
    pub order: OrderRequest,
    /// The steps that it took, in their order.
    pub steps: Vec<OrderChange>,
}

impl MerchantNode {
    /// Imports descriptions of one chunk, all under way at once. Gives how many were decided.
    pub async fn import_items(
        &self,
        actor: &Arc<str>,
        items: impl IntoIterator<Item = Item>,
    ) -> Result<u64, ApplicationError> {
        let caller = CommandCaller::patient(actor);
        let mut asked = Vec::new();
        for item in items {
            self.check_item(&item)?;
            let command = Command::UpsertItem(UpsertItem { item });
            let envelope = self.envelope(&caller, CATALOGUE_PARTITION, Identity::new(), command);
            asked.push(self.shared.bus.send_patiently(envelope).await);
        }
        self.all_done(asked).await
    }

    /// Imports interactions of one chunk, all under way at once. Repeating a chunk changes nothing where its
    /// interactions have event ids. Gives how many were new.
    pub async fn import_interactions(
        &self,
        actor: &Arc<str>,
        interactions: impl IntoIterator<Item = HistoricalInteraction>,
    ) -> Result<u64, ApplicationError> {
        let caller = CommandCaller::patient(actor);
        let mut asked = Vec::new();
        for interaction in interactions {
            let prepared = self.prepare_interaction(interaction).await?;
            let envelope = self.envelope(
                &caller,
                self.partition_of(prepared.shopper),
                prepared.identity,
                prepared.command,
            );
            asked.push(self.shared.bus.send_patiently(envelope).await);
        }
        self.all_done(asked).await
    }

    /// Imports orders of one chunk with their steps. Stock must suffice, as for any order. Gives how many were new.
    pub async fn import_orders(
        &self,
        actor: &Arc<str>,
        orders: impl IntoIterator<Item = HistoricalOrder>,
    ) -> Result<u64, ApplicationError> {
        let caller = CommandCaller::patient(actor);
        let mut asked = Vec::new();
        let mut steps = Vec::new();
        for HistoricalOrder { order, steps: took } in orders {
            let shopper = self.meet(&caller, &order.shopper).await?;
            let order_id = order.order_id.clone();
            let (identity, command) = self.prepare_order(order, shopper);
            let envelope = self.envelope(&caller, CATALOGUE_PARTITION, identity, command);
            asked.push(self.shared.bus.send_patiently(envelope).await);
            steps.extend(took.into_iter().map(|change| (order_id.clone(), change)));
        }
        let new = self.all_done(asked).await?;
        // The queue keeps its order, so an order's steps follow one another.
        let asked = steps.into_iter().map(|(order_id, change)| {
            let command = Command::ChangeOrder(ChangeOrder { order_id, change });
            let envelope = self.envelope(&caller, CATALOGUE_PARTITION, Identity::new(), command);
            self.shared.bus.ask_patiently(envelope)
        });
        let asked: Vec<_> = asked.collect();
        self.all_done(asked).await?;
        Ok(new)
    }
}
