//! The secret of a subscription, and signatures made with it (Standard Webhooks 1.0).

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

const PREFIX: &str = "whsec_";
/// Length of a secret that is made here; the specification asks for 24 to 64 bytes.
const SECRET_BYTES: usize = 32;

/// A secret in its written form: `whsec_` and base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookSecret(String);

/// Hidden: a secret must never reach a log line by a stray `{:?}`.
impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WebhookSecret(hidden)")
    }
}

impl WebhookSecret {
    pub fn generate() -> Self {
        let mut bytes = [0; SECRET_BYTES];
        rand::fill(&mut bytes);
        Self(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// The written form, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// One signature for the header `webhook-signature`.
    pub fn sign(&self, message_id: &str, timestamp_s: i64, body: &[u8]) -> String {
        // Only what `generate` wrote gets here, sealed in between; anything else signs with an empty key and is
        // refused by every receiver.
        let key = self
            .0
            .strip_prefix(PREFIX)
            .and_then(|text| STANDARD.decode(text).ok())
            .unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
        mac.update(format!("{message_id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_specification() {
        // Test vectors published with the specification and its libraries.
        for (secret, message_id, timestamp_s, body, expected) in [
            (
                "whsec_plJ3nmyCDGBKInavdOK15jsl",
                "msg_loFOjxBNrRLzqYUf",
                1_731_705_121,
                r#"{"event_type":"ping","data":{"success":true}}"#,
                "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
            ),
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ] {
            let secret = WebhookSecret(secret.to_owned());
            let signature = secret.sign(message_id, timestamp_s, body.as_bytes());
            assert_eq!(signature, expected);
        }
    }

    #[test]
    fn secrets_differ_and_are_hidden() {
        let (one, other) = (WebhookSecret::generate(), WebhookSecret::generate());
        assert_ne!(one, other);
        assert_eq!(format!("{one:?}"), "WebhookSecret(hidden)");
        assert!(one.reveal().starts_with("whsec_"));
    }
}
