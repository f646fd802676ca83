//! Who a shopper is outside of the log.

use accord_event_log::subject_keys::Subject;
use recommendation::Introduction;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A shopper as the merchant knows one: by an account, or as the guest of a session.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShopperIdentity {
    /// The merchant's own id of the shopper.
    Shopper(String),
    /// The merchant's id of a session whose shopper nobody knows.
    Guest(String),
}

/// Hidden: who somebody is must never reach a log line by a stray `{:?}`.
impl std::fmt::Debug for ShopperIdentity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ShopperIdentity(hidden)")
    }
}

impl ShopperIdentity {
    /// Under what the keys know the shopper. A shopper and a session of one name are two.
    pub(crate) fn natural_id(&self) -> String {
        match self {
            Self::Shopper(id) => format!("shopper:{id}"),
            Self::Guest(session) => format!("guest:{session}"),
        }
    }

    pub fn is_guest(&self) -> bool {
        matches!(self, Self::Guest(_))
    }

    /// The merchant's own id of the shopper or the session.
    pub fn id(&self) -> &str {
        match self {
            Self::Shopper(id) | Self::Guest(id) => id,
        }
    }

    /// Sealed for the event that introduces the shopper.
    pub(crate) fn introduction(&self, subject: &Subject, command_id: Uuid) -> Introduction {
        let plain = serde_json::to_vec(self).expect("a plain string always serialises");
        Introduction {
            guest: self.is_guest(),
            personal: subject.seal(&plain, command_id.as_bytes()),
        }
    }

    /// Opened again; `None` where the key is not the one that sealed it.
    pub(crate) fn open(sealed: &str, subject: &Subject, command_id: Uuid) -> Option<Self> {
        let plain = subject.open(sealed, command_id.as_bytes())?;
        serde_json::from_slice(&plain).ok()
    }
}
