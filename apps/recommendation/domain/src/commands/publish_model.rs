//! Make a trained model known.

use crate::{
    events::{Event, ModelPublished},
    state::ControlState,
};

/// Make a trained model known, whose artefact is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishModel {
    pub published: ModelPublished,
}

impl PublishModel {
    pub(crate) fn decide(&self, state: &ControlState) -> Vec<Event> {
        if state.models.contains(&self.published.model) {
            return Vec::new();
        }
        vec![Event::ModelPublished(self.published.clone())]
    }
}
