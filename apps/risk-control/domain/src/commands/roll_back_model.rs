//! Break glass: put the previous model back at once, alone. A second person must look at it afterwards.

use super::reject_draft::checked_reason;
use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, ModelRolledBack, PolicyActivated},
    policy::{Policy, Thresholds},
    state::ControlState,
};

/// Lets the model decide again that decided before the present one, with the thresholds that it had then. Rules and
/// lists stay as they are. Only this direction needs no approval: a model that harms customers at night cannot wait for
/// a second person, and the one that comes back was approved once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollBackModel {
    pub reason: String,
    pub by: String,
}

impl RollBackModel {
    pub(crate) fn decide(
        &self,
        state: &ControlState,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let active = state.active_policy()?;
        // Going back twice would let one person swap models to and fro.
        if state.governance.rolled_back.is_some() {
            return Err(Rejection::RollBackUnderReview);
        }
        let earlier = state
            .governance
            .previous_model(active)
            .ok_or(Rejection::NoEarlierModel)?;
        if context.models.get(&earlier.model).is_none() {
            return Err(Rejection::ModelNotLoaded);
        }
        Ok(vec![
            Event::ModelRolledBack(ModelRolledBack {
                model: active.model.clone(),
                thresholds: active.thresholds,
                restored: earlier.model.clone(),
                reason: checked_reason(&self.reason)?,
                by: self.by.clone(),
            }),
            with_model(active, &earlier.model, earlier.thresholds),
        ])
    }
}

/// The active policy over another model, as the next version.
pub(super) fn with_model(active: &Policy, model: &str, thresholds: Thresholds) -> Event {
    Event::PolicyActivated(PolicyActivated {
        policy: Policy {
            version: active.version + 1,
            model: model.to_owned(),
            thresholds,
            ..active.clone()
        },
        list_changes: Vec::new(),
    })
}
