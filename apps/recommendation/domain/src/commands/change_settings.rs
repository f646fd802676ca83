//! Change what each source of recommendations counts.

use crate::{
    commands::Rejection,
    events::{Event, ServingSettingsChanged},
    settings::ServingSettings,
    state::ControlState,
};

/// Change the settings. Their version must follow the present one.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeSettings {
    pub settings: ServingSettings,
}

impl ChangeSettings {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        if let Some((field, message)) = self.settings.fault() {
            return Err(Rejection::InvalidSettings { field, message });
        }
        if self.settings.version != state.settings().version + 1 {
            return Err(Rejection::StaleSettings);
        }
        Ok(vec![Event::ServingSettingsChanged(
            ServingSettingsChanged {
                settings: self.settings.clone(),
            },
        )])
    }
}
