//! What a partition knows: governance, the catalogue with its orders, or shoppers.
//!
//! **Where stock lives.** All items and orders of a merchant are in one catalogue partition. An order of several items is
//! then one decision over one state: all of its units are reserved or none, and no two orders can take the same unit. The
//! alternative, items spread over partitions and a reservation for each as a saga, buys nothing on a node whose one
//! thread decides for all partitions, and costs events, waiting and half-reserved orders. The price is that a catalogue
//! cannot be spread over several workers; a merchant whose orders outgrow one thread would have to split its catalogue.

mod catalogue_partition;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use accord_decider::{PartitionId, PartitionOffset};
use serde::{Deserialize, Serialize};

pub use catalogue_partition::{CataloguePartition, ItemRecord, ORDER_KEPT_US, OrderRecord};

use crate::{
    campaign::Campaign, commands::Rejection, events::Event, ids::ShopperReference,
    settings::ServingSettings,
};

/// Partition of items and orders.
pub const CATALOGUE_PARTITION: PartitionId = PartitionId(1);
/// First partition of shoppers.
const FIRST_SHOPPER_PARTITION: u16 = 2;

/// The partition of a shopper in a log of so many data partitions.
///
/// # Panics
/// If there is no partition beside the catalogue's: a merchant's log has at least two data partitions.
pub fn shopper_partition(shopper: ShopperReference, data_partitions: u16) -> PartitionId {
    assert!(
        data_partitions >= 2,
        "a merchant's log has a partition for the catalogue and at least one for shoppers"
    );
    let place = shopper.0 % u64::from(data_partitions - 1);
    PartitionId(FIRST_SHOPPER_PARTITION + u16::try_from(place).expect("below a u16"))
}

/// State of one partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PartitionState {
    Control(ControlState),
    Catalogue(CataloguePartition),
    Shoppers(ShopperPartition),
}

/// Governance of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ControlState {
    /// Events of the control partition so far, which is also the offset of its last one.
    pub offset: PartitionOffset,
    /// Hashes of all published models.
    pub models: BTreeSet<String>,
    /// Hash of the model that makes the lists.
    pub active_model: Option<String>,
    /// `None`: as a node begins.
    pub settings: Option<ServingSettings>,
    /// Campaigns that were not ended, by id.
    pub campaigns: BTreeMap<String, Campaign>,
}

impl ControlState {
    /// The settings in force.
    pub fn settings(&self) -> &ServingSettings {
        self.settings.as_ref().unwrap_or(&ServingSettings::INITIAL)
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &Event) {
        self.offset += 1;
        match event {
            Event::ModelPublished(event) => {
                self.models.insert(event.model.clone());
            }
            Event::ModelActivated(event) => self.active_model = Some(event.model.clone()),
            Event::ServingSettingsChanged(event) => self.settings = Some(event.settings.clone()),
            Event::CampaignSaved(event) => {
                let campaign = event.campaign.clone();
                self.campaigns
                    .insert(campaign.campaign_id.clone(), campaign);
            }
            Event::CampaignEnded(event) => {
                self.campaigns.remove(&event.campaign_id);
            }
            _ => {}
        }
    }
}

/// Shoppers as far as decisions need them. What they did is in the log and in the [live view](crate::LiveView).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShopperPartition {
    pub shoppers: HashMap<u64, ShopperRecord>,
}

/// One shopper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopperRecord {
    /// Events so far.
    pub version: u64,
    pub introduced: bool,
    /// Nothing is recorded of the shopper any more.
    pub erased: bool,
}

impl ShopperPartition {
    /// Folds one event.
    pub fn evolve(&mut self, event: &Event) {
        let Some(shopper) = event.shopper() else {
            return;
        };
        let record = self.shoppers.entry(shopper.0).or_default();
        record.version += 1;
        match event {
            Event::ShopperIntroduced(_) => record.introduced = true,
            Event::ShopperErased(_) => record.erased = true,
            _ => {}
        }
    }

    /// Refuses what is about a shopper who was erased.
    pub(crate) fn refuse_erased(&self, shopper: ShopperReference) -> Result<(), Rejection> {
        let record = self.shoppers.get(&shopper.0);
        if record.is_some_and(|record| record.erased) {
            return Err(Rejection::Erased);
        }
        Ok(())
    }
}
