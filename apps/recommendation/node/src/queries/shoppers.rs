//! Who a reference in the log stands for.

use recommendation::ShopperReference;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use crate::{identity::ShopperIdentity, node::MerchantNode, projections::SHOPPERS};

impl MerchantNode {
    /// Who a reference stands for; `None` once the key is destroyed, or before the read model has the introduction.
    pub async fn shopper_identity(
        &self,
        shopper: ShopperReference,
    ) -> Result<Option<ShopperIdentity>, sqlx::Error> {
        let Some(subject) = self.shared.keys.by_reference(shopper.0) else {
            return Ok(None);
        };
        let shoppers = self.tables(SHOPPERS).table("shoppers");
        let row = sqlx::query(AssertSqlSafe(format!(
            "-- shoppers_find
             SELECT personal, command_id FROM {shoppers} WHERE shopper = $1"
        )))
        .bind(shopper.0.cast_signed())
        .fetch_optional(self.shared.store.readers())
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let personal: String = row.try_get("personal")?;
        let command_id: Vec<u8> = row.try_get("command_id")?;
        Ok(Uuid::from_slice(&command_id)
            .ok()
            .and_then(|command_id| ShopperIdentity::open(&personal, &subject, command_id)))
    }
}
