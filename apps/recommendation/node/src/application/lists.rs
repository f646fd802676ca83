//! Make lists from the live view.

use std::{sync::Arc, time::Instant};

use accord_event_log::{Position, Sequence};
use recommendation::{
    CheckedRequest, Ingredients, Item, ListRequest, ListServed, ListedItem, LiveView, RankedItem,
    RankedList, RecommendationModel, Relation, ShopperReference, Source, related_items,
};
use uuid::Uuid;

use super::{ApplicationError, CommandCaller};
use crate::{identity::ShopperIdentity, node::MerchantNode};

/// Which list is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ListQuery {
    /// `None`: somebody of whom nothing is known.
    pub shopper: Option<ShopperIdentity>,
    pub request: ListRequest,
    /// Whether the list is to be recorded, so that it can be measured and made again. It is not, where there is no
    /// shopper.
    pub record: bool,
}

/// A list, with what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct ListAnswer {
    /// Under which later interactions and orders name the list.
    pub list_id: String,
    /// The last event that the list was made from.
    pub position: Position,
    /// Hash of the model; `None` before there was one.
    pub model: Option<String>,
    pub seed: u64,
    /// Epoch microseconds.
    pub served_at_us: i64,
    pub recorded: bool,
    pub items: Vec<ListedRecommendation>,
}

/// One place of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedRecommendation {
    pub item: Arc<Item>,
    /// The sum of the shares, in their order.
    pub score: f64,
    /// Why, in words.
    pub reason: String,
    pub shares: Vec<ListedShare>,
    /// Probability with which this item came to this place, given the places above.
    pub propensity: f64,
    /// Drawn at random instead of taken for its score.
    pub explored: bool,
    /// Put there by a campaign instead of taken for its score.
    pub pinned: bool,
}

/// What one contributor adds to a score.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedShare {
    pub source: Source,
    /// The item that speaks for this one; `None` for popularity and campaigns.
    pub because: Option<Arc<Item>>,
    /// Id of the campaign; `None` for every other source.
    pub campaign: Option<String>,
    pub value: f64,
}

impl MerchantNode {
    /// Makes a list for a shopper, from everything that was acknowledged before this was called.
    pub async fn recommend(
        &self,
        caller: &CommandCaller,
        query: ListQuery,
    ) -> Result<ListAnswer, ApplicationError> {
        let checked =
            CheckedRequest::new(query.request).map_err(ApplicationError::InvalidFilter)?;
        let reference = query
            .shopper
            .as_ref()
            .and_then(|shopper| self.reference_of(shopper));
        let list_id = Uuid::now_v7();
        // The random half of the id: whoever knows the list knows what chance drew.
        let seed = list_id.as_u64_pair().1;
        self.catch_up(caller.deadline).await?;
        let served_at_us = self.shared.clock.now_us();
        let mut answer = {
            let view = self.shared.live.read();
            let model = self.active_model(&view)?;
            let ingredients = Ingredients {
                view: &view,
                model: model.as_ref().map(|(_, model)| &**model),
                settings: view.control().settings(),
                shopper: reference,
                now_us: served_at_us,
                seed,
            };
            let list = self.shared.live.with_workspace(|workspace| {
                recommendation::recommend(&ingredients, &checked, workspace)
            });
            ListAnswer {
                list_id: list_id.simple().to_string(),
                position: self.position(Sequence(view.through())),
                model: model.map(|(hash, _)| hash),
                seed,
                served_at_us,
                recorded: false,
                items: listed(&view, list),
            }
        };
        if let Some(shopper) = query.shopper.filter(|_| query.record) {
            answer.recorded = self.record_later(shopper, answer.record(checked.request));
        }
        Ok(answer)
    }

    /// Items that are related to one.
    pub async fn related(
        &self,
        caller: &CommandCaller,
        relation: Relation,
        item_id: &str,
        count: u16,
    ) -> Result<Vec<ListedRecommendation>, ApplicationError> {
        self.catch_up(caller.deadline).await?;
        let view = self.shared.live.read();
        if view.item(item_id).is_none() {
            return Err(ApplicationError::UnknownItem);
        }
        let model = self.active_model(&view)?;
        let ingredients = Ingredients {
            view: &view,
            model: model.as_ref().map(|(_, model)| &**model),
            settings: view.control().settings(),
            shopper: None,
            now_us: self.shared.clock.now_us(),
            seed: 0,
        };
        let list = self.shared.live.with_workspace(|workspace| {
            related_items(&ingredients, relation, item_id, count, workspace)
        });
        Ok(listed(&view, list))
    }

    /// Items that rise, with how much more attention than usual they get.
    pub async fn trending(
        &self,
        caller: &CommandCaller,
        count: usize,
    ) -> Result<Vec<(Arc<Item>, f64)>, ApplicationError> {
        self.catch_up(caller.deadline).await?;
        let view = self.shared.live.read();
        let rising = recommendation::trending_items(&view, self.shared.clock.now_us(), count);
        Ok(rising
            .into_iter()
            .filter_map(|(number, rise)| Some((item(&view, number)?, rise)))
            .collect())
    }

    /// Items that a shopper has viewed, the last one first, with when, in epoch microseconds.
    pub async fn recently_viewed(
        &self,
        caller: &CommandCaller,
        shopper: &ShopperIdentity,
        count: usize,
    ) -> Result<Vec<(Arc<Item>, i64)>, ApplicationError> {
        self.catch_up(caller.deadline).await?;
        let view = self.shared.live.read();
        let Some(reference) = self.reference_of(shopper) else {
            return Ok(Vec::new());
        };
        let now_us = self.shared.clock.now_us();
        let viewed = recommendation::recently_viewed(&view, reference, now_us, count);
        Ok(viewed
            .into_iter()
            .filter_map(|entry| Some((item(&view, entry.item)?, entry.at_us)))
            .collect())
    }

    /// What stands for a shopper in the log, if anybody has met the shopper.
    pub(crate) fn reference_of(&self, shopper: &ShopperIdentity) -> Option<ShopperReference> {
        let subject = self.shared.keys.find(&shopper.natural_id())?;
        Some(ShopperReference(subject.reference))
    }

    /// Waits until the live view has everything that was committed before.
    pub(crate) async fn catch_up(&self, deadline: Instant) -> Result<(), ApplicationError> {
        let last = self.shared.reader.last();
        Ok(self.shared.live.wait_for(last, deadline).await?)
    }

    fn active_model(
        &self,
        view: &LiveView,
    ) -> Result<Option<(String, Arc<RecommendationModel>)>, ApplicationError> {
        let Some(hash) = &view.control().active_model else {
            return Ok(None);
        };
        let model = self
            .shared
            .models
            .get(hash)
            .map_err(ApplicationError::Model)?;
        Ok(Some((hash.clone(), model)))
    }
}

impl ListAnswer {
    /// The event that makes the list again. Its shopper is filled in when it is recorded.
    fn record(&self, request: ListRequest) -> ListServed {
        let listed = |place: &ListedRecommendation| ListedItem {
            item_id: place.item.item_id.clone(),
            propensity: place.propensity,
        };
        ListServed {
            shopper: ShopperReference::default(),
            list_id: self.list_id.clone(),
            served_at_us: self.served_at_us,
            through: self.position.sequence.0,
            model: self.model.clone(),
            seed: self.seed,
            request,
            items: self.items.iter().map(listed).collect(),
        }
    }
}

pub(super) fn listed(view: &LiveView, list: RankedList) -> Vec<ListedRecommendation> {
    list.items
        .into_iter()
        .filter_map(|place| listed_item(view, place))
        .collect()
}

fn listed_item(view: &LiveView, place: RankedItem) -> Option<ListedRecommendation> {
    let shares = place.shares.iter().map(|share| ListedShare {
        source: share.source,
        because: share.because.and_then(|number| item(view, number)),
        campaign: share.campaign.and_then(|place| {
            let running = view.campaigns().all().get(place)?;
            Some(running.campaign.campaign_id.clone())
        }),
        value: share.value,
    });
    Some(ListedRecommendation {
        item: item(view, place.item)?,
        score: place.score,
        reason: place.reason.text(view),
        shares: shares.collect(),
        propensity: place.propensity,
        explored: place.explored,
        pinned: place.pinned,
    })
}

fn item(view: &LiveView, number: u32) -> Option<Arc<Item>> {
    Some(Arc::clone(&view.catalogue().item(number)?.item))
}
