//! Where a subscription's messages go and how they are signed; stored only sealed.

use accord_event_log::subject_keys::Subject;
use serde::{Deserialize, Serialize};

use super::secret::WebhookSecret;

/// How long the secret before a rotation stays good.
pub const PREVIOUS_SECRET_US: i64 = 24 * 3_600 * 1_000_000;

/// Address and secrets of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookTarget {
    pub url: String,
    pub secret: WebhookSecret,
    /// The secret before the last rotation, and until when it signs as well (epoch microseconds, real clock).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous: Option<(WebhookSecret, i64)>,
}

impl WebhookTarget {
    pub fn new(url: String) -> Self {
        Self {
            url,
            secret: WebhookSecret::generate(),
            previous: None,
        }
    }

    /// With another secret; the present one stays good for a day.
    pub fn rotated(self, now_us: i64) -> Self {
        Self {
            url: self.url,
            secret: WebhookSecret::generate(),
            previous: Some((self.secret, now_us + PREVIOUS_SECRET_US)),
        }
    }

    /// The header `webhook-signature`: one signature for each secret that is good.
    pub fn signatures(&self, message_id: &str, now_us: i64, body: &[u8]) -> String {
        let timestamp_s = now_us / 1_000_000;
        let mut signatures = self.secret.sign(message_id, timestamp_s, body);
        if let Some((previous, until_us)) = &self.previous
            && now_us < *until_us
        {
            signatures.push(' ');
            signatures.push_str(&previous.sign(message_id, timestamp_s, body));
        }
        signatures
    }

    /// Sealed for one subscription.
    pub fn seal(&self, subject: &Subject, webhook_id: &str) -> String {
        let plain = serde_json::to_vec(self).expect("plain strings always serialise");
        subject.seal(&plain, webhook_id.as_bytes())
    }

    /// Opened again; `None` where the key is not the one that sealed it.
    pub fn open(sealed: &str, subject: &Subject, webhook_id: &str) -> Option<Self> {
        let plain = subject.open(sealed, webhook_id.as_bytes())?;
        serde_json::from_slice(&plain).ok()
    }
}

/// What stands for a subscription in the key store. No customer's number can be the same: it holds no control
/// characters.
pub fn key_name(webhook_id: &str) -> String {
    format!("\u{1f}webhook {webhook_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_secrets_sign_for_a_day_after_a_rotation() {
        let target = WebhookTarget::new("https://bank.example/hook".to_owned());
        let before = target.signatures("m", 1_000_000, b"{}");
        let rotated = target.rotated(1_000_000);
        let during = rotated.signatures("m", 1_000_000, b"{}");
        assert!(during.ends_with(&format!(" {before}")), "{during}");
        let after = rotated.signatures("m", 1_000_000 + PREVIOUS_SECRET_US, b"{}");
        assert!(!after.contains(' '), "{after}");
    }
}
