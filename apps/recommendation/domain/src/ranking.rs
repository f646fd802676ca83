//! Making a list: a pure function of the live view, a model, a request, a moment and a seed.
//!
//! ```text
//! history, anchors ─► contributors ─► scores of all items ─► best eligible candidates ─► places ─► reasons
//! ```
//!
//! Every source is linear in its contributors, so the score of an item is a sum of shares, and the shares that a list
//! shows are exactly the numbers that were summed.
//!
//! | what comes in | what goes out |
//! |---|---|
//! | a shopper whom nobody has met, or one without a history | what is popular, then items in the order in which they were first described |
//! | no model yet | content, what is popular |
//! | an empty catalogue, or a filter that leaves nothing | an empty list |
//! | a history of any length | the newest 1,000 events count, of which the last 100 items speak |
//! | ids that nobody knows, in the request or in the history | they add nothing |
//!
//! Campaigns come last: they add their points to scores, hide items, and put the best of theirs in a pinned place.

mod campaigns;
mod candidates;
mod contributors;
mod item_fields;
mod places;
mod reasons;
mod related;

use std::sync::Arc;

use accord_expressions::{Condition, Fault};

pub use contributors::Source;
pub(crate) use item_fields::fill_record;
pub use item_fields::item_fields;
pub use reasons::Reason;
pub use related::{Relation, recently_viewed, related_items, trending_items};

use crate::{
    context::Context,
    ids::ShopperReference,
    list_request::ListRequest,
    model::RecommendationModel,
    settings::ServingSettings,
    view::{LiveView, ShopperHistory},
};
use campaigns::Acting;
use candidates::Eligibility;
use contributors::Contributors;
use places::Placing;

/// Candidates for each place: what diversity and exploration choose from.
const CANDIDATES_PER_PLACE: usize = 4;
const CANDIDATES_MIN: usize = 50;

/// A request whose filter is compiled.
#[derive(Clone, Debug)]
pub struct CheckedRequest {
    pub request: ListRequest,
    filter: Option<Arc<Condition>>,
}

impl CheckedRequest {
    /// Compiles the filter.
    ///
    /// # Errors
    /// Everything that is wrong with the filter.
    pub fn new(request: ListRequest) -> Result<Self, Vec<Fault>> {
        let filter = request
            .filter
            .as_deref()
            .map(|source| Condition::compile(source, item_fields()))
            .transpose()?
            .map(Arc::new);
        Ok(Self { request, filter })
    }
}

/// What a list is made from.
#[derive(Clone, Copy)]
pub struct Ingredients<'a> {
    pub view: &'a LiveView,
    /// `None` before the first training.
    pub model: Option<&'a RecommendationModel>,
    pub settings: &'a ServingSettings,
    pub shopper: Option<ShopperReference>,
    /// Epoch microseconds.
    pub now_us: i64,
    /// Decides what exploration draws; the same seed draws the same.
    pub seed: u64,
}

/// Memory that is used again from list to list.
#[derive(Debug, Default)]
pub struct Workspace {
    scores: Vec<f64>,
    likeness: Vec<f64>,
    touched: Vec<u32>,
    order: Vec<u32>,
}

/// A list.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedList {
    pub items: Vec<RankedItem>,
}

/// One place of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedItem {
    /// Number of the item.
    pub item: u32,
    /// The sum of the shares, in their order.
    pub score: f64,
    pub shares: Vec<Share>,
    /// Probability with which this item came to this place, given the places above.
    pub propensity: f64,
    /// Drawn at random instead of taken for its score.
    pub explored: bool,
    /// Put there by a campaign instead of taken for its score.
    pub pinned: bool,
    pub reason: Reason,
}

/// What one contributor adds to a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub source: Source,
    /// Number of the item that speaks for this one; `None` for popularity and campaigns.
    pub because: Option<u32>,
    /// Place in the view's campaigns; `None` for every other source.
    pub campaign: Option<usize>,
    pub value: f64,
}

/// Makes a list.
pub fn recommend(
    ingredients: &Ingredients<'_>,
    checked: &CheckedRequest,
    workspace: &mut Workspace,
) -> RankedList {
    let acting = Acting::of(
        ingredients.view,
        checked.request.context,
        ingredients.now_us,
    );
    rank(ingredients, checked, acting, workspace)
}

fn rank<'a>(
    ingredients: &Ingredients<'a>,
    checked: &'a CheckedRequest,
    acting: Acting<'a>,
    workspace: &mut Workspace,
) -> RankedList {
    let Ingredients { view, model, .. } = *ingredients;
    let request = &checked.request;
    let nobody = ShopperHistory::default();
    let history = ingredients
        .shopper
        .and_then(|shopper| view.shopper(shopper))
        .unwrap_or(&nobody);
    let anchors = anchors(view, history, request);
    let contributors = Contributors::of(
        ingredients.settings,
        request.context,
        history,
        &anchors,
        acting.points,
    );
    contributors.score(view, model, workspace);

    let count = usize::from(request.count);
    let eligibility = Eligibility {
        view,
        now_us: ingredients.now_us,
        filter: checked.filter.as_deref(),
        excluded: excluded(view, request, &anchors),
        purchased: (!request
            .shows_purchased
            .unwrap_or(ingredients.settings.shows_purchased))
        .then_some(history),
        seen: (request.shows_seen == Some(false)).then(|| contributors::seen_items(history)),
        hidden_by: acting.hiding,
    };
    let wanted = (count * CANDIDATES_PER_PLACE).max(CANDIDATES_MIN);
    let pins = campaigns::pins(&acting.pinning, &eligibility, workspace);
    let candidates = eligibility.best(workspace, wanted + pins.len());
    let placing = Placing {
        diversity: request.diversity.unwrap_or(ingredients.settings.diversity),
        exploration: request
            .exploration
            .unwrap_or(ingredients.settings.exploration),
        seed: ingredients.seed,
        pins,
    };
    let places = placing.places(view, &workspace.scores, candidates, count);
    let items = places
        .into_iter()
        .map(|place| {
            let shares = contributors.shares(view, model, place.item);
            RankedItem {
                item: place.item,
                score: shares.iter().fold(0.0, |sum, share| sum + share.value),
                reason: Reason::of(&shares, history, &anchors),
                shares,
                propensity: place.propensity,
                explored: place.explored,
                pinned: place.pinned,
            }
        })
        .collect();
    RankedList { items }
}

/// The items that a page is about: those of the request, or what the log says lies in the cart or was just bought.
fn anchors(view: &LiveView, history: &ShopperHistory, request: &ListRequest) -> Vec<u32> {
    let known = |item_id: &String| view.item(item_id).map(|(number, _)| number);
    let named: Vec<u32> = request.items.iter().filter_map(known).collect();
    match request.context {
        Context::Cart if request.items.is_empty() => history.cart().to_vec(),
        Context::AfterPurchase if request.items.is_empty() => history.last_purchase(),
        _ => named,
    }
}

fn excluded(view: &LiveView, request: &ListRequest, anchors: &[u32]) -> Vec<u32> {
    let known = |item_id: &String| view.item(item_id).map(|(number, _)| number);
    let mut excluded: Vec<u32> = request.exclude.iter().filter_map(known).collect();
    excluded.extend(anchors);
    excluded.sort_unstable();
    excluded
}

#[cfg(test)]
mod tests;
