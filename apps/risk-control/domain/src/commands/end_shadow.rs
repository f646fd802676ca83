//! Let a model score in shadow no more.

use crate::{
    commands::Rejection,
    events::{Event, ShadowEnded},
    state::ControlState,
};

/// Takes a model out of shadow. It stays published, and may come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndShadow {
    /// Hash of the model's artefact.
    pub model: String,
    pub by: String,
}

impl EndShadow {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let registered = state
            .models
            .get(&self.model)
            .ok_or(Rejection::UnknownModel)?;
        if !registered.in_shadow {
            return Err(Rejection::NotInShadow);
        }
        Ok(vec![Event::ShadowEnded(ShadowEnded {
            model: self.model.clone(),
            by: self.by.clone(),
        })])
    }
}
