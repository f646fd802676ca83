//! The best items that may be shown.

use accord_expressions::{Condition, Value};

use super::{Workspace, item_fields::fill_record};
use crate::view::{LiveView, RunningCampaign, ShopperHistory};

/// What an item must fulfil to be shown.
pub(super) struct Eligibility<'a> {
    pub view: &'a LiveView,
    pub now_us: i64,
    pub filter: Option<&'a Condition>,
    /// Item numbers, ascending.
    pub excluded: Vec<u32>,
    /// Whose purchases are not shown again.
    pub purchased: Option<&'a ShopperHistory>,
    /// Item numbers that are not shown again, ascending.
    pub seen: Option<Vec<u32>>,
    /// Campaigns whose items are not shown.
    pub hidden_by: Vec<&'a RunningCampaign>,
}

impl<'a> Eligibility<'a> {
    /// The `wanted` best eligible items, best first, ties by item number.
    ///
    /// Items are sorted and looked at piece by piece from the best, so that a filter is asked about a few hundred items
    /// and not about all, unless it leaves little.
    pub fn best(&self, workspace: &mut Workspace, wanted: usize) -> Vec<u32> {
        let items = 0..workspace.scores.len() as u32;
        self.best_of(items, workspace, wanted)
    }

    /// The `wanted` best eligible of some items.
    pub fn best_of(
        &self,
        items: impl Iterator<Item = u32>,
        workspace: &mut Workspace,
        wanted: usize,
    ) -> Vec<u32> {
        let Workspace { scores, order, .. } = workspace;
        order.clear();
        order.extend(items);
        let better = |left: &u32, right: &u32| {
            scores[*right as usize]
                .total_cmp(&scores[*left as usize])
                .then(left.cmp(right))
        };
        let mut record = Vec::new();
        let mut found = Vec::with_capacity(wanted);
        let (mut rest, mut piece) = (order.as_mut_slice(), wanted * 2);
        while !rest.is_empty() && found.len() < wanted {
            let (best, others) = if piece < rest.len() {
                rest.select_nth_unstable_by(piece, better);
                rest.split_at_mut(piece)
            } else {
                (rest, [].as_mut_slice())
            };
            best.sort_unstable_by(better);
            let eligible = best.iter().filter(|item| self.holds(**item, &mut record));
            found.extend(eligible.take(wanted - found.len()));
            (rest, piece) = (others, piece * 8);
        }
        found
    }

    fn holds(&self, item: u32, record: &mut Vec<Value<'a>>) -> bool {
        let listed = |items: &Vec<u32>| items.binary_search(&item).is_ok();
        if listed(&self.excluded) || self.seen.as_ref().is_some_and(listed) {
            return false;
        }
        if self
            .purchased
            .is_some_and(|history| history.has_purchased(item))
        {
            return false;
        }
        let hides = |campaign: &&RunningCampaign| campaign.is_about(item);
        !self.hidden_by.iter().any(hides)
            && self.view.is_sold_at(item, self.now_us)
            && self.filter.is_none_or(|filter| {
                fill_record(self.view.catalogue(), self.view.records(), item, record);
                filter.evaluate(record).holds()
            })
    }
}
