//! Lists that are about an item, about everybody, or about what was looked at before.

use std::cmp::Ordering;

use super::{CheckedRequest, Ingredients, RankedList, Workspace, campaigns::Acting, rank};
use crate::{
    context::Context,
    ids::ShopperReference,
    interaction::InteractionKind,
    list_request::ListRequest,
    settings::ServingSettings,
    view::{HistoryEntry, LiveView},
};

/// How items may be related to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Looked at by the same shoppers, or described alike.
    Similar,
    /// In the same baskets.
    BoughtTogether,
}

impl Relation {
    /// What each source counts; neither popularity nor chance has a part.
    fn settings(self) -> ServingSettings {
        let nothing = ServingSettings {
            taste: 0.0,
            session: 0.0,
            together: 0.0,
            content: 0.0,
            popularity: 0.0,
            diversity: 0.0,
            exploration: 0.0,
            shows_purchased: true,
            ..ServingSettings::INITIAL
        };
        match self {
            Self::Similar => ServingSettings {
                taste: 1.0,
                session: 0.5,
                content: 1.0,
                ..nothing
            },
            Self::BoughtTogether => ServingSettings {
                together: 1.0,
                ..nothing
            },
        }
    }
}

/// Items that can be sold and are related to one, the most strongly related first. Where nothing is known, nothing is
/// given. Of campaigns only those that hide items act: what is related is a matter of fact.
pub fn related_items(
    ingredients: &Ingredients<'_>,
    relation: Relation,
    item_id: &str,
    count: u16,
    workspace: &mut Workspace,
) -> RankedList {
    let checked = CheckedRequest {
        request: ListRequest {
            context: Context::Product,
            items: vec![item_id.to_owned()],
            count,
            ..ListRequest::default()
        },
        filter: None,
    };
    let settings = relation.settings();
    let ingredients = Ingredients {
        settings: &settings,
        shopper: None,
        ..*ingredients
    };
    let acting = Acting::of(ingredients.view, Context::Product, ingredients.now_us);
    let mut list = rank(&ingredients, &checked, acting.only_hiding(), workspace);
    list.items.retain(|item| item.score > 0.0);
    list
}

/// Items that can be sold and get more attention than usual, the largest rise first, with the rise (1 is as usual).
pub fn trending_items(view: &LiveView, now_us: i64, count: usize) -> Vec<(u32, f64)> {
    let mut rising: Vec<(u32, f64)> = (0..view.catalogue().len() as u32)
        .map(|item| (item, view.trend(item, now_us)))
        .filter(|(_, rise)| *rise > 1.0)
        .collect();
    rising.sort_unstable_by(by_value);
    let sold = |(item, _): &(u32, f64)| view.is_sold_at(*item, now_us);
    rising.into_iter().filter(sold).take(count).collect()
}

/// Items that can be sold and that a shopper has looked at, the last one first, each once.
pub fn recently_viewed(
    view: &LiveView,
    shopper: ShopperReference,
    now_us: i64,
    count: usize,
) -> Vec<&HistoryEntry> {
    let Some(history) = view.shopper(shopper) else {
        return Vec::new();
    };
    let mut seen = std::collections::HashSet::new();
    history
        .newest_first()
        .filter(|entry| entry.kind == InteractionKind::View && seen.insert(entry.item))
        .filter(|entry| view.is_sold_at(entry.item, now_us))
        .take(count)
        .collect()
}

fn by_value(left: &(u32, f64), right: &(u32, f64)) -> Ordering {
    right.1.total_cmp(&left.1).then(left.0.cmp(&right.0))
}
