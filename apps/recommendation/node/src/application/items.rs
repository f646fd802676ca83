//! Describe and delete items.

use recommendation::{CATALOGUE_PARTITION, Command, DeleteItem, Item, Rejection, UpsertItem};

use super::{ApplicationError, CommandCaller, Decided, Identity};
use crate::node::MerchantNode;

impl MerchantNode {
    /// Describes an item. The same description again changes nothing.
    pub async fn upsert_item(
        &self,
        caller: &CommandCaller,
        item: Item,
    ) -> Result<Decided, ApplicationError> {
        self.check_item(&item)?;
        self.decide(
            caller,
            CATALOGUE_PARTITION,
            Identity::new(),
            Command::UpsertItem(UpsertItem { item }),
        )
        .await
    }

    /// Takes an item out of the catalogue. When this returns, no list shows it any more.
    pub async fn delete_item(
        &self,
        caller: &CommandCaller,
        item_id: &str,
    ) -> Result<Decided, ApplicationError> {
        let command = Command::DeleteItem(DeleteItem {
            item_id: item_id.to_owned(),
        });
        self.decide(caller, CATALOGUE_PARTITION, Identity::new(), command)
            .await
            .map_err(|error| match error {
                ApplicationError::Rejected(Rejection::UnknownItem { .. }) => {
                    ApplicationError::UnknownItem
                }
                other => other,
            })
    }

    pub(super) fn check_item(&self, item: &Item) -> Result<(), ApplicationError> {
        if item.currency != self.shared.currency {
            return Err(ApplicationError::OtherCurrency {
                expected: self.shared.currency.clone(),
            });
        }
        let faults = item.faults();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(ApplicationError::InvalidItem(faults))
        }
    }
}
