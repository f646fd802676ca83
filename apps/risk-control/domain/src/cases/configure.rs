//! Change the settings of case work, and let data partitions adopt them.

use accord_decider::PartitionOffset;

use super::{CaseRejection, CaseSettings, CaseSettingsAdopted, CaseSettingsChanged};
use crate::{
    commands::Rejection,
    events::Event,
    state::{ControlState, CustomerPartition},
};

/// Sets the settings of a node. Setting them to what they are is fulfilled already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigureCases {
    pub settings: CaseSettings,
}

impl ConfigureCases {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let current = state.case_settings.as_ref().map(|(_, settings)| settings);
        if current == Some(&self.settings) {
            return Ok(Vec::new());
        }
        if !self.settings.are_valid() {
            return Err(Rejection::Case(CaseRejection::InvalidSettings));
        }
        if self.settings.version != current.map_or(0, |settings| settings.version) + 1 {
            return Err(Rejection::Case(CaseRejection::StaleSettingsVersion));
        }
        Ok(vec![Event::CaseSettingsChanged(CaseSettingsChanged {
            settings: self.settings.clone(),
        })])
    }
}

/// Given by the runtime to every data partition after a change of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptCaseSettings {
    pub control_offset: PartitionOffset,
    pub settings: CaseSettings,
}

impl AdoptCaseSettings {
    /// What a data partition that lags behind the control partition must adopt.
    pub(crate) fn pending(control: &ControlState, data: &CustomerPartition) -> Option<Self> {
        let (control_offset, settings) = control.case_settings.as_ref()?;
        (*control_offset > adopted(data)).then(|| Self {
            control_offset: *control_offset,
            settings: settings.clone(),
        })
    }

    pub(crate) fn decide(&self, state: &CustomerPartition) -> Result<Vec<Event>, Rejection> {
        if self.control_offset <= adopted(state) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::CaseSettingsAdopted(CaseSettingsAdopted {
            control_offset: self.control_offset,
            settings: self.settings.clone(),
        })])
    }
}

fn adopted(state: &CustomerPartition) -> PartitionOffset {
    state
        .case_settings
        .as_ref()
        .map_or(0, |(offset, _)| *offset)
}
