//! Change which decisions raise alerts, and how soon cases are due.

use std::sync::PoisonError;

use accord_event_log::{PartitionId, Position, Reply, Unavailable};
use risk_control::{CaseRejection, CaseSettings, Command, ConfigureCases, Rejection};
use uuid::Uuid;

use super::{ApplicationError, CommandCaller};
use crate::node::BankNode;

impl BankNode {
    /// The newest settings of case work.
    pub fn case_settings(&self) -> CaseSettings {
        self.shared
            .case_settings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sets the settings of case work; `settings.version` must follow the current one.
    pub async fn configure_cases(
        &self,
        caller: &CommandCaller,
        settings: CaseSettings,
    ) -> Result<Position, ApplicationError> {
        if !settings.are_valid() {
            let rejection = Rejection::Case(CaseRejection::InvalidSettings);
            return Err(ApplicationError::Rejected(rejection));
        }
        let command = Command::ConfigureCases(ConfigureCases {
            settings: settings.clone(),
        });
        let control = PartitionId::CONTROL;
        let envelope = self.envelope(caller, control, Uuid::now_v7(), None, command);
        match self.shared.bus.ask(envelope).await {
            Reply::Committed { through, .. } => {
                let mut newest = self
                    .shared
                    .case_settings
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                if settings.version > newest.version {
                    *newest = settings;
                }
                Ok(self.position(through))
            }
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            // The command carries no key.
            _ => Err(Unavailable::Expired.into()),
        }
    }
}
