//! Make a past list again, from the log alone.

use accord_event_log::{Sequence, journal::reader::ReadError};
use recommendation::{
    CheckedRequest, Ingredients, ListServed, ListedItem, LiveView, Recommendation, Workspace,
};

use super::{ApplicationError, CommandCaller, ListedRecommendation, lists::listed};
use crate::node::MerchantNode;

/// Stored text folded at a time, between which other tasks may run.
const FOLD_BYTES: usize = 256 << 10;

/// A past list, made again.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayedList {
    /// As the log has it.
    pub served: ListServed,
    /// As it was made again.
    pub items: Vec<ListedRecommendation>,
    /// Whether both have the same items in the same places with the same probabilities.
    pub identical: bool,
}

impl MerchantNode {
    /// A list that was shown, once the read model has it, and unless its shopper was erased.
    pub async fn served_list(
        &self,
        caller: &CommandCaller,
        list_id: &str,
    ) -> Result<ListServed, ApplicationError> {
        self.wait_until_projected(self.shared.reader.last(), caller.deadline)
            .await?;
        let served = self
            .list(list_id)
            .await?
            .ok_or(ApplicationError::UnknownList)?;
        self.catch_up(caller.deadline).await?;
        match self.view().erasure(served.shopper) {
            Some(erasure) => Err(ApplicationError::Erased(erasure)),
            None => Ok(served),
        }
    }

    /// Makes a list again: the view is folded from the beginning of the log to the event that the list was made from,
    /// and the recorded model, moment and seed are used. Takes as long as folding that much of the log.
    pub async fn replay_list(
        &self,
        caller: &CommandCaller,
        list_id: &str,
    ) -> Result<ReplayedList, ApplicationError> {
        let served = self.served_list(caller, list_id).await?;
        let checked =
            CheckedRequest::new(served.request.clone()).map_err(ApplicationError::InvalidFilter)?;
        let model = served
            .model
            .as_deref()
            .map(|hash| self.shared.models.get(hash))
            .transpose()
            .map_err(ApplicationError::Model)?;
        // Several folds at once would only slow each other and everybody else.
        let _one = self.shared.replaying.lock().await;
        let view = self.view_at(Sequence(served.through)).await?;
        let ingredients = Ingredients {
            view: &view,
            model: model.as_deref(),
            settings: view.control().settings(),
            shopper: Some(served.shopper),
            now_us: served.served_at_us,
            seed: served.seed,
        };
        let list = recommendation::recommend(&ingredients, &checked, &mut Workspace::default());
        let items = listed(&view, list);
        let again = items.iter().map(|place| ListedItem {
            item_id: place.item.item_id.clone(),
            propensity: place.propensity,
        });
        Ok(ReplayedList {
            identical: again.eq(served.items.iter().cloned()),
            items,
            served,
        })
    }

    /// The live view as it was once an event was folded.
    async fn view_at(&self, through: Sequence) -> Result<LiveView, ApplicationError> {
        let mut view = LiveView::default();
        let mut read = Sequence::ZERO;
        while read < through {
            let commits = self.shared.reader.read_after(read, FOLD_BYTES).await?;
            let Some(last) = commits.last().map(|commit| commit.last_sequence()) else {
                break;
            };
            for commit in &commits {
                commit
                    .each_after::<Recommendation>(read, |recorded| {
                        if recorded.metadata.sequence <= through {
                            view.fold(recorded.metadata.sequence.0, &recorded.event);
                        }
                    })
                    .map_err(ReadError::from)?;
            }
            read = last;
            tokio::task::yield_now().await;
        }
        Ok(view)
    }
}
