//! The personal fields of a transaction, and how they are sealed.

use accord_event_log::subject_keys::{Subject, SubjectKeys};
use risk_control::EntityKey;
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
    /// Network address that the purchase came from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ip_address: Option<String>,
}

/// Hidden: these fields must never reach a log line by a stray `{:?}`.
impl std::fmt::Debug for PersonalFields {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PersonalFields(hidden)")
    }
}

impl PersonalFields {
    /// What stands for the card in the log: bound to the customer's key, so that it means nothing once that is destroyed.
    pub fn card_key(&self, subject: &Subject) -> Option<EntityKey> {
        self.card_id
            .as_ref()
            .map(|card| EntityKey::from_hash(subject.fingerprint(card.as_bytes())))
    }

    /// What stands for the device in the log. Customers may share one, so it is bound to the node's key.
    pub fn device_key(&self, keys: &SubjectKeys) -> Option<EntityKey> {
        self.device_id
            .as_ref()
            .map(|device| EntityKey::from_hash(keys.pseudonym("device", device)))
    }

    /// What stands for the network address in the log, as for the device.
    pub fn address_key(&self, keys: &SubjectKeys) -> Option<EntityKey> {
        self.ip_address
            .as_ref()
            .map(|address| EntityKey::from_hash(keys.pseudonym("address", address)))
    }

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
