//! Answers only to expected host names.
//!
//! A page on a foreign site can re-point its own name to 127.0.0.1 and then talk to a server on
//! loopback as if it were its own (DNS rebinding). The browser still sends the foreign name in the
//! `Host` header, which gives it away.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::Request;
use axum::http::header;
use axum::http::uri::Authority;

use crate::problem::Problem;
use crate::problem_kind::ProblemKind;

/// The host names that a server answers to: loopback addresses, `localhost` and names below it,
/// and names added explicitly. Ports do not matter.
#[derive(Debug, Clone, Default)]
pub struct HostGuard {
    further_names: Vec<String>,
}

impl HostGuard {
    /// Answers to loopback names only.
    #[must_use]
    pub fn loopback() -> Self {
        Self::default()
    }

    /// The guard for a server that listens on this address: loopback needs one, while a server
    /// beyond loopback may be reached under names that it does not know, and asks for a key.
    #[must_use]
    pub fn for_listener(address: SocketAddr) -> Option<Self> {
        address
            .ip()
            .to_canonical()
            .is_loopback()
            .then(Self::loopback)
    }

    /// Answers to this name also.
    #[must_use]
    pub fn also(mut self, name: &str) -> Self {
        self.further_names.push(name.to_ascii_lowercase());
        self
    }

    /// Refuses a request for another host, or for none.
    ///
    /// # Errors
    /// `host-not-allowed`.
    pub fn check(&self, request: &Request) -> Result<(), Problem> {
        // A request for an absolute URI must be read by that URI (RFC 9112, section 3.2.2).
        let allowed = match request.uri().authority() {
            Some(authority) => self.allows(authority.as_str()),
            None => match request.headers().get(header::HOST) {
                Some(host) => host.to_str().is_ok_and(|host| self.allows(host)),
                None => false,
            },
        };
        if allowed {
            return Ok(());
        }
        Err(Problem::new(ProblemKind::HostNotAllowed)
            .detail("this server listens on loopback; use localhost or 127.0.0.1"))
    }

    fn allows(&self, authority: &str) -> bool {
        // By far the most frequent spellings, without allocation.
        let name = authority
            .split_once(':')
            .map_or(authority, |(name, _port)| name);
        if name == "localhost" || name == "127.0.0.1" {
            return true;
        }
        // A Host header has no user information; whoever sends some means to confuse.
        if authority.contains('@') {
            return false;
        }
        let Ok(authority) = authority.parse::<Authority>() else {
            return false;
        };
        let name = authority.host().to_ascii_lowercase();
        let bracketed = name
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Some(address) = bracketed {
            return address
                .parse::<Ipv6Addr>()
                .is_ok_and(|address| address.to_canonical().is_loopback());
        }
        name == "localhost"
            || name.ends_with(".localhost")
            || name
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
            || self.further_names.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn answers(guard: &HostGuard, uri: &str, host: Option<&str>) -> bool {
        let mut request = Request::get(uri).body(Body::empty()).unwrap();
        if let Some(host) = host {
            request
                .headers_mut()
                .insert(header::HOST, host.parse().unwrap());
        }
        guard.check(&request).is_ok()
    }

    #[test]
    fn loopback_names_are_answered_and_others_are_not() {
        let guard = HostGuard::loopback();
        for (host, expected) in [
            ("localhost", true),
            ("localhost:8080", true),
            ("LocalHost:8080", true),
            ("north.localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("127.1.2.3", true),
            ("[::1]:8080", true),
            ("[::ffff:127.0.0.1]", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("evillocalhost", false),
            ("127.0.0.1.evil.example:8080", false),
            ("evil@127.0.0.1", false),
            ("127.0.0.1@evil.example", false),
            ("192.168.1.10:8080", false),
            ("[::2]", false),
            ("", false),
        ] {
            assert_eq!(answers(&guard, "/", Some(host)), expected, "{host}");
        }
        assert!(!answers(&guard, "/", None));
    }

    #[test]
    fn an_absolute_uri_outweighs_the_header() {
        let guard = HostGuard::loopback();
        assert!(!answers(&guard, "http://evil.example/", Some("localhost")));
        assert!(answers(&guard, "http://localhost/", Some("localhost")));
    }

    #[test]
    fn further_names_can_be_added() {
        let guard = HostGuard::loopback().also("Accord.Internal");
        assert!(answers(&guard, "/", Some("accord.internal:443")));
        assert!(!answers(&guard, "/", Some("other.internal")));
    }

    #[test]
    fn only_listeners_on_loopback_are_guarded() {
        for (address, guarded) in [
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("[::ffff:127.0.0.1]:8080", true),
            ("0.0.0.0:8080", false),
            ("10.0.0.1:8080", false),
        ] {
            let guard = HostGuard::for_listener(address.parse().unwrap());
            assert_eq!(guard.is_some(), guarded, "{address}");
        }
    }
}
