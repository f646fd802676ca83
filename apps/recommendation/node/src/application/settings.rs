//! Change what each source of recommendations counts.

use accord_event_log::PartitionId;
use recommendation::{ChangeSettings, Command, ServingSettings};

use super::{ApplicationError, CommandCaller, Decided, Identity};
use crate::node::MerchantNode;

impl MerchantNode {
    /// The settings in force.
    pub fn settings(&self) -> ServingSettings {
        self.shared.live.read().control().settings().clone()
    }

    /// Changes the settings, whose version must follow the present one.
    pub async fn change_settings(
        &self,
        caller: &CommandCaller,
        settings: ServingSettings,
    ) -> Result<Decided, ApplicationError> {
        let command = Command::ChangeSettings(ChangeSettings { settings });
        self.decide(caller, PartitionId::CONTROL, Identity::new(), command)
            .await
    }
}
