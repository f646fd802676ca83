//! Make a trained model known under its hash.

use crate::{
    commands::Rejection,
    events::{Event, ModelPublished},
    state::ControlState,
};

/// The artefact itself is stored before this is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishModel {
    pub published: ModelPublished,
}

impl PublishModel {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        if state.models.contains_key(&self.published.model) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::ModelPublished(self.published.clone())])
    }
}
