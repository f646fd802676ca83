//! Begin, change and end campaigns.

use accord_event_log::PartitionId;
use recommendation::{Campaign, Command, EndCampaign, SaveCampaign};

use super::{ApplicationError, CommandCaller, Decided, Identity};
use crate::node::MerchantNode;

impl MerchantNode {
    /// Campaigns that were not ended, in the order of their ids, each with the number of items that it is about.
    pub fn campaigns(&self) -> Vec<(Campaign, usize)> {
        let view = self.shared.live.read();
        let running = view.campaigns().all().iter();
        running
            .map(|running| (running.campaign.clone(), running.items().count()))
            .collect()
    }

    /// Begins a campaign (version 1), or changes it (its next version).
    pub async fn save_campaign(
        &self,
        caller: &CommandCaller,
        campaign: Campaign,
    ) -> Result<Decided, ApplicationError> {
        let command = Command::SaveCampaign(SaveCampaign { campaign });
        self.decide(caller, PartitionId::CONTROL, Identity::new(), command)
            .await
    }

    /// Ends a campaign.
    pub async fn end_campaign(
        &self,
        caller: &CommandCaller,
        campaign_id: &str,
    ) -> Result<Decided, ApplicationError> {
        let command = Command::EndCampaign(EndCampaign {
            campaign_id: campaign_id.to_owned(),
        });
        self.decide(caller, PartitionId::CONTROL, Identity::new(), command)
            .await
    }
}
