//! End a campaign.

use crate::{
    commands::Rejection,
    events::{CampaignEnded, Event},
    state::ControlState,
};

/// End a campaign. Its id can be used again, for another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndCampaign {
    pub campaign_id: String,
}

impl EndCampaign {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        if !state.campaigns.contains_key(&self.campaign_id) {
            return Err(Rejection::UnknownCampaign);
        }
        Ok(vec![Event::CampaignEnded(CampaignEnded {
            campaign_id: self.campaign_id.clone(),
        })])
    }
}
