//! Whether a service may listen on an address, given how it authenticates.

use std::net::SocketAddr;

use thiserror::Error;

use crate::authentication::Authentication;

/// The rule: whoever listens beyond loopback asks for a key.
#[derive(Debug, Clone, Copy)]
pub struct ListenPolicy;

/// A service that would be open to everybody on the network.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "refusing to listen on {address}: it can be reached from other machines, and callers would \
     need no key. Either listen on a loopback address such as 127.0.0.1:{}, or configure an \
     access key or API keys.",
    .address.port()
)]
pub struct OpenToTheNetwork {
    /// The address that was asked for.
    pub address: SocketAddr,
}

impl ListenPolicy {
    /// Checks before anything is bound.
    ///
    /// # Errors
    /// [`OpenToTheNetwork`] if the address is not loopback and no key is needed.
    pub fn check(
        address: SocketAddr,
        authentication: &Authentication,
    ) -> Result<(), OpenToTheNetwork> {
        let loopback = address.ip().to_canonical().is_loopback();
        if loopback || authentication.requires_key() {
            return Ok(());
        }
        Err(OpenToTheNetwork { address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_only_loopback_may_be_listened_on() {
        let personas = Authentication::Personas(Vec::new());
        let keys = Authentication::ApiKeys(Vec::new());
        let behind_key = Authentication::KeyThenPersonas {
            key_sha256: String::new(),
            personas: Vec::new(),
        };
        for (address, loopback) in [
            ("127.0.0.1:8080", true),
            ("127.9.9.9:8080", true),
            ("[::1]:8080", true),
            ("0.0.0.0:8080", false),
            ("[::]:8080", false),
            ("192.168.0.7:8080", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(
                ListenPolicy::check(address, &personas).is_ok(),
                loopback,
                "{address}"
            );
            assert!(ListenPolicy::check(address, &keys).is_ok(), "{address}");
            assert!(
                ListenPolicy::check(address, &behind_key).is_ok(),
                "{address}"
            );
        }
    }

    #[test]
    fn the_refusal_says_what_to_do() {
        let address = "0.0.0.0:8080".parse().unwrap();
        let refusal = ListenPolicy::check(address, &Authentication::Personas(Vec::new()));
        let message = refusal.unwrap_err().to_string();
        assert!(message.contains("127.0.0.1:8080"), "{message}");
        assert!(message.contains("access key"), "{message}");
    }
}
