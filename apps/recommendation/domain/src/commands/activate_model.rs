//! Let a published model make the lists.

use crate::{
    commands::Rejection,
    events::{Event, ModelActivated},
    state::ControlState,
};

/// Let a published model make the lists from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivateModel {
    pub model: String,
}

impl ActivateModel {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        if !state.models.contains(&self.model) {
            return Err(Rejection::UnknownModel);
        }
        if state.active_model.as_ref() == Some(&self.model) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::ModelActivated(ModelActivated {
            model: self.model.clone(),
        })])
    }
}
