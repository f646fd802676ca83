//! Where messages may go.
//!
//! A subscription makes the node send requests, so whoever may subscribe could otherwise reach what only the node can
//! reach: its own ports, the cloud's metadata service, machines behind the firewall. Only public addresses over TLS are
//! allowed unless the settings say otherwise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::{Uri, uri::Scheme};

/// Longest URL of a subscription.
pub const URL_BYTES_MAX: usize = 2_000;

/// Which addresses a node may send to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookReach {
    /// Public addresses, over TLS.
    #[default]
    Public,
    /// Also private and loopback addresses, and without TLS.
    Everywhere,
}

/// A checked address of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAddress {
    pub tls: bool,
    /// A name or an IP address, without brackets.
    pub host: String,
    pub port: u16,
    /// The header `Host`.
    pub authority: String,
    pub path_and_query: String,
}

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    #[error("must be a URL of at most 2,000 bytes that begins with https://")]
    NotAUrl,
    #[error(
        "must begin with https://; plain http is only for receivers on a private network, which the settings must allow"
    )]
    NotEncrypted,
    #[error("must not hold a user name or password; use the signature to tell who sends")]
    Credentials,
    #[error("must not lead to a private or local address")]
    NotPublic,
}

impl WebhookReach {
    pub fn permits(self, address: IpAddr) -> bool {
        match self {
            Self::Everywhere => !address.is_unspecified() && !address.is_multicast(),
            Self::Public => is_public(address),
        }
    }

    /// Checks a URL; what a name resolves to is checked for each attempt.
    pub fn check(self, url: &str) -> Result<WebhookAddress, AddressFault> {
        if url.len() > URL_BYTES_MAX {
            return Err(AddressFault::NotAUrl);
        }
        let uri: Uri = url.parse().map_err(|_| AddressFault::NotAUrl)?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(AddressFault::NotAUrl),
        };
        if !tls && self == Self::Public {
            return Err(AddressFault::NotEncrypted);
        }
        let authority = uri.authority().ok_or(AddressFault::NotAUrl)?;
        if authority.as_str().contains('@') {
            return Err(AddressFault::Credentials);
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        if host.is_empty() {
            return Err(AddressFault::NotAUrl);
        }
        let literal: Option<IpAddr> = host.parse().ok();
        let is_local_name = host.eq_ignore_ascii_case("localhost")
            || host.to_ascii_lowercase().ends_with(".localhost");
        let refused = literal.is_some_and(|address| !self.permits(address))
            || (is_local_name && self == Self::Public);
        if refused {
            return Err(AddressFault::NotPublic);
        }
        Ok(WebhookAddress {
            tls,
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            path_and_query: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned()),
        })
    }
}

/// Whether an address belongs to the public internet (the special-purpose registries of IANA, RFC 6890 and later).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = matches!(
        (first, second, third),
        (0 | 10 | 127, _, _)
            | (100, 64..128, _)
            | (169, 254, _)
            | (172, 16..32, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224.., _, _)
    );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = match segments {
        // IPv4-mapped and IPv4-compatible.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low]
        // NAT64.
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        // 6to4.
        | [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    if let Some((high, low)) = embedded {
        let bits = (u32::from(high) << 16) | u32::from(low);
        return is_public_v4(Ipv4Addr::from_bits(bits));
    }
    // Only 2000::/3 is given out for the public internet.
    segments[0] & 0xe000 == 0x2000
        // Teredo and other protocol assignments, documentation.
        && !(segments[0] == 0x2001 && segments[1] < 0x200)
        && !(segments[0] == 0x2001 && segments[1] == 0xdb8)
        && !(segments[0] == 0x3fff && segments[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "172.32.0.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn a_url_is_taken_apart() {
        let address = WebhookReach::Public
            .check("https://hooks.bank.example/accord?token=1")
            .unwrap();
        assert_eq!(
            address,
            WebhookAddress {
                tls: true,
                host: "hooks.bank.example".to_owned(),
                port: 443,
                authority: "hooks.bank.example".to_owned(),
                path_and_query: "/accord?token=1".to_owned(),
            }
        );
        let local = WebhookReach::Everywhere.check("http://[::1]:9000").unwrap();
        assert_eq!(
            (
                local.tls,
                local.host.as_str(),
                local.port,
                local.path_and_query.as_str()
            ),
            (false, "::1", 9000, "/")
        );
    }

    #[test]
    fn what_leads_inside_or_is_no_url_is_refused() {
        for (url, fault) in [
            ("", AddressFault::NotAUrl),
            ("/hook", AddressFault::NotAUrl),
            ("ftp://bank.example/", AddressFault::NotAUrl),
            ("file:///etc/passwd", AddressFault::NotAUrl),
            ("https://", AddressFault::NotAUrl),
            ("http://bank.example/", AddressFault::NotEncrypted),
            ("https://me:secret@bank.example/", AddressFault::Credentials),
            ("https://localhost/", AddressFault::NotPublic),
            ("https://a.LOCALHOST/", AddressFault::NotPublic),
            ("https://127.0.0.1:8080/", AddressFault::NotPublic),
            ("https://[::ffff:10.0.0.1]/", AddressFault::NotPublic),
            ("https://169.254.169.254/latest", AddressFault::NotPublic),
        ] {
            assert_eq!(WebhookReach::Public.check(url), Err(fault), "{url}");
        }
        assert_eq!(
            WebhookReach::Everywhere.check("http://0.0.0.0/"),
            Err(AddressFault::NotPublic)
        );
    }
}
