//! Campaigns with the items that each is about, kept up to date as items change, so that no list asks a condition about
//! the whole catalogue.

use accord_expressions::{Condition, Value};

use crate::{campaign::Campaign, state::CataloguePartition, view::CatalogueView};

/// A campaign and its items.
#[derive(Clone, Debug)]
pub struct RunningCampaign {
    pub campaign: Campaign,
    /// `None` where an earlier binary accepted a condition that this one does not understand: it is about no item then.
    condition: Option<Condition>,
    /// By item number.
    matches: Vec<bool>,
}

/// All campaigns, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct CampaignBook {
    campaigns: Vec<RunningCampaign>,
}

impl RunningCampaign {
    /// Whether the campaign is about an item.
    pub fn is_about(&self, number: u32) -> bool {
        self.matches.get(number as usize).copied().unwrap_or(false)
    }

    /// Numbers of the items that it is about, ascending.
    pub fn items(&self) -> impl Iterator<Item = u32> {
        let numbered = (0_u32..).zip(&self.matches);
        numbered
            .filter(|(_, matches)| **matches)
            .map(|(number, _)| number)
    }

    fn look_at<'a>(
        &mut self,
        catalogue: &'a CatalogueView,
        records: &'a CataloguePartition,
        number: u32,
        record: &mut Vec<Value<'a>>,
    ) {
        let index = number as usize;
        if self.matches.len() <= index {
            self.matches.resize(index + 1, false);
        }
        self.matches[index] = self.condition.as_ref().is_some_and(|condition| {
            crate::ranking::fill_record(catalogue, records, number, record);
            !record.is_empty() && condition.evaluate(record).holds()
        });
    }
}

impl CampaignBook {
    /// All campaigns, in the order of their ids; a share names one by its place.
    pub fn all(&self) -> &[RunningCampaign] {
        &self.campaigns
    }

    /// Begins a campaign, or changes one.
    pub(super) fn save(
        &mut self,
        catalogue: &CatalogueView,
        records: &CataloguePartition,
        campaign: &Campaign,
    ) {
        let mut running = RunningCampaign {
            condition: campaign.condition().ok(),
            campaign: campaign.clone(),
            matches: Vec::with_capacity(catalogue.len()),
        };
        let mut record = Vec::new();
        for number in 0..catalogue.len() as u32 {
            running.look_at(catalogue, records, number, &mut record);
        }
        match self.find(&campaign.campaign_id) {
            Ok(place) => self.campaigns[place] = running,
            Err(place) => self.campaigns.insert(place, running),
        }
    }

    /// Ends a campaign.
    pub(super) fn end(&mut self, campaign_id: &str) {
        if let Ok(place) = self.find(campaign_id) {
            self.campaigns.remove(place);
        }
    }

    /// An item was described anew, or its stock has moved.
    pub(super) fn refresh(
        &mut self,
        catalogue: &CatalogueView,
        records: &CataloguePartition,
        number: u32,
    ) {
        let mut record = Vec::new();
        for campaign in &mut self.campaigns {
            campaign.look_at(catalogue, records, number, &mut record);
        }
    }

    fn find(&self, campaign_id: &str) -> Result<usize, usize> {
        self.campaigns
            .binary_search_by(|running| running.campaign.campaign_id.as_str().cmp(campaign_id))
    }
}
