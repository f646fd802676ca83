//! Let a published model score beside the one that decides.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, ShadowStarted},
    model::SHADOWS_MAX,
    state::ControlState,
};

/// Puts a model into shadow. It decides nothing, so nobody needs to approve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartShadow {
    /// Hash of the model's artefact.
    pub model: String,
    pub by: String,
}

impl StartShadow {
    pub(crate) fn decide(
        &self,
        state: &ControlState,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let registered = state
            .models
            .get(&self.model)
            .ok_or(Rejection::UnknownModel)?;
        if context.models.get(&self.model).is_none() {
            return Err(Rejection::ModelNotLoaded);
        }
        if state
            .active
            .as_ref()
            .is_some_and(|(_, active)| active.model == self.model)
        {
            return Err(Rejection::DecidesAlready);
        }
        if registered.in_shadow {
            return Err(Rejection::InShadowAlready);
        }
        if state.models.in_shadow().count() >= SHADOWS_MAX {
            return Err(Rejection::TooManyShadows);
        }
        Ok(vec![Event::ShadowStarted(ShadowStarted {
            model: self.model.clone(),
            by: self.by.clone(),
        })])
    }
}
