//! The few cookies of a service: reading, setting and forgetting them (RFC 6265).

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// The value of a cookie, if the request carries it.
#[must_use]
pub fn cookie<'headers>(headers: &'headers HeaderMap, name: &str) -> Option<&'headers str> {
    let pairs = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value)
        .next()
}

/// Whether a cookie can hold the value as it is.
pub(crate) fn can_hold(value: &str) -> bool {
    value
        .chars()
        .all(|c| c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';' | '\\'))
}

/// Sets a cookie for thirty days. No `Secure`: the demo in a container is reached over plain HTTP.
pub(crate) fn set_cookie(response: &mut Response, name: &str, value: &str) {
    append_cookie(response, &format!("{name}={value}; Max-Age=2592000"));
}

/// Lets a browser forget a cookie.
pub(crate) fn forget_cookie(response: &mut Response, name: &str) {
    append_cookie(response, &format!("{name}=; Max-Age=0"));
}

fn append_cookie(response: &mut Response, cookie: &str) {
    let cookie = format!("{cookie}; Path=/; HttpOnly; SameSite=Strict");
    // Names are ours and values are checked before, so this is always a header value.
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_in_any_header_and_place() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1;  b=2=3"));
        headers.append(header::COOKIE, HeaderValue::from_static("c"));
        headers.append(header::COOKIE, HeaderValue::from_static("d=; a=4"));
        for (name, value) in [
            ("a", Some("1")),
            ("b", Some("2=3")),
            ("c", None),
            ("d", Some("")),
            ("e", None),
        ] {
            assert_eq!(cookie(&headers, name), value, "{name}");
        }
    }

    #[test]
    fn cookies_hold_visible_characters_that_separate_nothing() {
        assert!(can_hold("accord_A-z.0~/+="));
        for value in ["a b", "a;b", "a,b", "a\\b", "\"a\"", "é", "a\nb"] {
            assert!(!can_hold(value), "{value}");
        }
    }
}
