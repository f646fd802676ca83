//! Why an item is in a list, in words.

use super::{Share, Source};
use crate::{
    interaction::InteractionKind,
    view::{LiveView, ShopperHistory},
};

/// The strongest share of the source that says most for an item, as a person would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `None`: nothing speaks for the item yet.
    pub source: Option<Source>,
    /// Number of the item that speaks for this one.
    pub because: Option<u32>,
    /// The last thing that the shopper did with that item; `None` where the page is about it.
    pub done: Option<InteractionKind>,
}

impl Reason {
    pub(super) fn of(shares: &[Share], history: &ShopperHistory, anchors: &[u32]) -> Self {
        // Many small shares of a history outweigh one of popularity, so sources are compared as a whole.
        let weight = |source: Source| -> f64 {
            let of_source = shares.iter().filter(|share| share.source == source);
            of_source.map(|share| share.value).sum()
        };
        let mut strongest: Option<(&Share, f64)> = None;
        for share in shares.iter().filter(|share| share.value > 0.0) {
            let weight = weight(share.source);
            let is_stronger = strongest
                .is_none_or(|(strongest, most)| (weight, share.value) > (most, strongest.value));
            if is_stronger {
                strongest = Some((share, weight));
            }
        }
        let strongest = strongest.map(|(share, _)| share);
        let because = strongest.and_then(|share| share.because);
        let told = |kind: InteractionKind| kind != InteractionKind::Impression;
        let done = because
            .filter(|item| !anchors.contains(item))
            .and_then(|item| {
                history
                    .newest_first()
                    .find(|entry| entry.item == item && told(entry.kind))
                    .map(|entry| entry.kind)
            });
        Self {
            source: strongest.map(|share| share.source),
            because,
            done,
        }
    }

    /// The reason as a sentence without a full stop.
    pub fn text(&self, view: &LiveView) -> String {
        let title = self
            .because
            .and_then(|item| view.catalogue().item(item))
            .map_or("", |item| item.item.title.as_str());
        let did = match self.done {
            Some(InteractionKind::Purchase) => "bought",
            Some(InteractionKind::Cart) => "put into the cart",
            Some(InteractionKind::Rating) => "rated",
            _ => "viewed",
        };
        match (self.source, self.done) {
            (Some(Source::Popularity), _) => "Popular now".to_owned(),
            (Some(Source::Campaign), _) => "Picked by the shop".to_owned(),
            (Some(Source::Taste), _) => format!("Because you {did} {title}"),
            (Some(Source::Session), Some(_)) => {
                format!("Often next after {title}, which you {did}")
            }
            (Some(Source::Session), None) => format!("Often looked at after {title}"),
            (Some(Source::Together), _) => format!("Often bought together with {title}"),
            (Some(Source::Content), Some(_)) => format!("Similar to {title}, which you {did}"),
            (Some(Source::Content), None) => format!("Similar to {title}"),
            (None, _) => "New in the shop".to_owned(),
        }
    }
}
