//! Make a trained model known under its hash, and let it score in shadow where there is room.

use crate::{
    commands::Rejection,
    events::{Event, ModelPublished, ShadowStarted},
    model::SHADOWS_MAX,
    state::ControlState,
};

/// The artefact itself is stored before this is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishModel {
    pub published: ModelPublished,
    /// Who wants it to score in shadow, if anybody does. Without room for it, it is published all the same.
    pub shadow_by: Option<String>,
}

impl PublishModel {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        if state.models.contains(&self.published.model) {
            return Ok(Vec::new());
        }
        let mut events = vec![Event::ModelPublished(self.published.clone())];
        if let Some(by) = &self.shadow_by
            && state.models.in_shadow().count() < SHADOWS_MAX
        {
            events.push(Event::ShadowStarted(ShadowStarted {
                model: self.published.model.clone(),
                by: by.clone(),
            }));
        }
        Ok(events)
    }
}
