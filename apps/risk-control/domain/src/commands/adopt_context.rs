//! Let a data partition use what the control partition decided.

use accord_decider::PartitionOffset;

use crate::{
    commands::Rejection,
    decider::Context,
    events::{ContextAdopted, Event},
    lists::ListChange,
    policy::Policy,
    state::{ControlState, CustomerPartition},
};

/// Given by the runtime to every data partition after a change of the active policy.
#[derive(Clone, Debug, PartialEq)]
pub struct AdoptContext {
    pub control_offset: PartitionOffset,
    pub policy: Policy,
    /// What has changed on the lists since the partition's last adoption.
    pub list_changes: Vec<ListChange>,
}

impl AdoptContext {
    /// What a data partition that lags behind the control partition must adopt.
    pub(crate) fn pending(control: &ControlState, data: &CustomerPartition) -> Option<Self> {
        let (control_offset, policy) = control.active.as_ref()?;
        let adopted = data.adopted.as_ref().map_or(0, |(offset, _)| *offset);
        (*control_offset > adopted).then(|| Self {
            control_offset: *control_offset,
            policy: policy.clone(),
            list_changes: control.governance.lists.changes_after(adopted),
        })
    }

    pub(crate) fn decide(
        &self,
        state: &CustomerPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let adopted = state.adopted.as_ref().map_or(0, |(offset, _)| *offset);
        if self.control_offset <= adopted {
            return Ok(Vec::new());
        }
        if context.models.get(&self.policy.model).is_none() {
            return Err(Rejection::ModelNotLoaded);
        }
        Ok(vec![Event::ContextAdopted(ContextAdopted {
            control_offset: self.control_offset,
            policy: self.policy.clone(),
            list_changes: self.list_changes.clone(),
        })])
    }
}
