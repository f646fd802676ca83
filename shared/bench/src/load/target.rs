//! Where load may be put.

use std::net::SocketAddr;

use super::LoadError;

/// An address on this machine. A load generator pointed at anyone else's is a weapon, so there is
/// no other kind of target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LoopbackTarget(SocketAddr);

impl LoopbackTarget {
    pub(super) fn address(self) -> SocketAddr {
        self.0
    }
}

impl TryFrom<SocketAddr> for LoopbackTarget {
    type Error = LoadError;

    /// An IPv4 address inside IPv6 (`::ffff:127.0.0.1`) counts as the address it holds.
    fn try_from(address: SocketAddr) -> Result<Self, LoadError> {
        if address.ip().to_canonical().is_loopback() {
            Ok(Self(address))
        } else {
            Err(LoadError::NotLoopback(address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(address: &str) -> bool {
        let address: SocketAddr = address.parse().expect("an address");
        LoopbackTarget::try_from(address).is_ok()
    }

    #[test]
    fn this_machine_is_accepted() {
        for address in [
            "127.0.0.1:80",
            "127.9.9.9:80",
            "[::1]:80",
            "[::ffff:127.0.0.1]:80",
        ] {
            assert!(accepts(address), "{address}");
        }
    }

    #[test]
    fn every_other_machine_is_refused() {
        for address in [
            "0.0.0.0:80",
            "10.0.0.1:80",
            "128.0.0.1:80",
            "192.0.2.1:443",
            "[::]:80",
            "[2001:db8::1]:80",
            "[::ffff:10.0.0.1]:80",
        ] {
            assert!(!accepts(address), "{address}");
        }
    }

    #[test]
    fn the_refusal_names_the_address() {
        let address: SocketAddr = "192.0.2.1:443".parse().expect("an address");
        let refusal = LoopbackTarget::try_from(address).expect_err("not this machine");
        assert!(refusal.to_string().contains("192.0.2.1:443"), "{refusal}");
    }
}
