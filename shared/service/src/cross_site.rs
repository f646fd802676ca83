//! Refuses writes that a foreign web page makes in the name of its visitor.
//!
//! Cookies and loopback personas are credentials that a browser attaches by itself, so a page
//! elsewhere could make a visitor's browser post to a node (cross-site request forgery). Browsers
//! say where a request comes from (Fetch Metadata, and the older `Origin`); other programs send
//! neither header and are not affected.

use axum::http::{HeaderMap, Method, header};

use crate::problem::Problem;
use crate::problem_kind::ProblemKind;

/// Refuses a request that may change something and was started by another site.
///
/// # Errors
/// `forbidden`.
pub fn refuse_cross_site(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() || is_own(headers) {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::Forbidden).detail("the request was started by another web site"))
}

fn is_own(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        // "none" is the visitor's own doing, such as a typed address.
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Some(host) = headers.get(header::HOST) else {
        return false;
    };
    let authority = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    authority.is_some_and(|(_scheme, authority)| authority.as_bytes() == host.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        refuse_cross_site(method, &headers).is_ok()
    }

    #[test]
    fn only_writes_from_elsewhere_are_refused() {
        let host = ("host", "localhost:8080");
        for (pairs, passes_post) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://localhost:8080"),
                    host,
                ],
                false,
            ),
            (&[("origin", "http://localhost:8080"), host], true),
            (&[("origin", "http://localhost:9090"), host], false),
            (&[("origin", "https://evil.example"), host], false),
            (&[("origin", "null"), host], false),
            (&[("origin", "http://localhost:8080")], false),
        ] {
            assert_eq!(passes(&Method::POST, pairs), passes_post, "{pairs:?}");
            assert_eq!(passes(&Method::DELETE, pairs), passes_post, "{pairs:?}");
            assert!(passes(&Method::GET, pairs), "{pairs:?}");
        }
    }
}
