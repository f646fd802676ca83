//! Begin a campaign, or change one.

use crate::{
    campaign::{CAMPAIGNS_MAX, Campaign},
    commands::Rejection,
    events::{CampaignSaved, Event},
    state::ControlState,
};

/// Begin a campaign (version 1), or change it (its next version).
#[derive(Clone, Debug, PartialEq)]
pub struct SaveCampaign {
    pub campaign: Campaign,
}

impl SaveCampaign {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let campaign = &self.campaign;
        let faults = campaign.faults();
        if !faults.is_empty() {
            return Err(Rejection::InvalidCampaign(faults));
        }
        let known = state.campaigns.get(&campaign.campaign_id);
        if campaign.version != known.map_or(0, |known| known.version) + 1 {
            return Err(Rejection::StaleCampaign);
        }
        if known.is_none() && state.campaigns.len() >= CAMPAIGNS_MAX {
            return Err(Rejection::TooManyCampaigns);
        }
        Ok(vec![Event::CampaignSaved(CampaignSaved {
            campaign: campaign.clone(),
        })])
    }
}
