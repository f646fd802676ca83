//! The personal fields of a transaction, and how they are sealed.

use accord_event_log::subject_keys::Subject;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What names or traces a person. Stored only sealed under the customer's key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalFields {
    pub customer_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub card_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device_id: Option<String>,
}

/// Hidden: these fields must never reach a log line by a stray `{:?}`.
impl std::fmt::Debug for PersonalFields {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PersonalFields(hidden)")
    }
}

impl PersonalFields {
    /// Sealed for one event: bound to the command that brings it.
    pub fn seal(&self, subject: &Subject, command_id: Uuid) -> String {
        let plain = serde_json::to_vec(self).expect("plain strings always serialise");
        subject.seal(&plain, command_id.as_bytes())
    }

    /// Opened again; `None` where the key is not the one that sealed them.
    pub fn open(sealed: &str, subject: &Subject, command_id: Uuid) -> Option<Self> {
        let plain = subject.open(sealed, command_id.as_bytes())?;
        serde_json::from_slice(&plain).ok()
    }
}
