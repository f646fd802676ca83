//! What is sent: whole HTTP/1.1 requests, rendered into buffers that are used again.

use std::io::Write as _;
use std::net::SocketAddr;

use super::{LoadError, Response};

/// Supplies requests and, if it wants to, looks at the answers.
///
/// One source serves all connections of a run, on one thread, one call at a time; it should be
/// cheap, because it takes its time from the server under test.
pub trait RequestSource: Send {
    /// Writes the next whole request of `connection` (counted from 0) into `request`, which is
    /// empty and keeps its capacity from earlier requests.
    fn next_request(&mut self, connection: usize, request: &mut Vec<u8>);

    /// Looks at the answer to the last request of `connection`; `false` counts it as
    /// [`check_failed`](super::Failures::check_failed) instead of as an answer.
    ///
    /// Called for every answer, warm-up included, whatever its status.
    fn check_response(&mut self, connection: usize, response: Response<'_>) -> bool {
        let _ = (connection, response);
        true
    }

    /// This source with `check` looking at its answers: an oracle, or a sampler.
    fn checked<C>(self, check: C) -> Checked<Self, C>
    where
        Self: Sized,
        C: FnMut(usize, Response<'_>) -> bool + Send,
    {
        Checked {
            source: self,
            check,
        }
    }
}

/// A closure that fills in the next request is a source.
impl<F: FnMut(usize, &mut Vec<u8>) + Send> RequestSource for F {
    fn next_request(&mut self, connection: usize, request: &mut Vec<u8>) {
        self(connection, request);
    }
}

/// A source and a closure that looks at its answers; see [`RequestSource::checked`].
#[derive(Debug)]
pub struct Checked<S, C> {
    source: S,
    check: C,
}

impl<S, C> RequestSource for Checked<S, C>
where
    S: RequestSource,
    C: FnMut(usize, Response<'_>) -> bool + Send,
{
    fn next_request(&mut self, connection: usize, request: &mut Vec<u8>) {
        self.source.next_request(connection, request);
    }

    fn check_response(&mut self, connection: usize, response: Response<'_>) -> bool {
        let accepted = self.source.check_response(connection, response);
        (self.check)(connection, response) && accepted
    }
}

/// The same bytes again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameRequest(pub Vec<u8>);

impl RequestSource for SameRequest {
    fn next_request(&mut self, _connection: usize, request: &mut Vec<u8>) {
        request.extend_from_slice(&self.0);
    }
}

/// Renders `POST` requests with a JSON body: the head is made once, a request costs four copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPost {
    /// Request line and constant headers, up to and including the name `content-length`.
    head: Vec<u8>,
}

impl JsonPost {
    /// A `POST` to `path` (with its query, starting with `/`) on `host`, with `headers` beside
    /// `host`, `content-type` and `content-length`, which are always sent.
    ///
    /// # Errors
    ///
    /// [`LoadError::NotAHeader`] for a path, name or value that would break the request apart.
    pub fn new(host: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Self, LoadError> {
        if !path.starts_with('/') || path.contains(' ') || !is_plain(path) {
            return Err(LoadError::NotAHeader(path.to_owned()));
        }
        let mut head =
            format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n");
        for (name, value) in headers {
            if !is_name(name) || !is_plain(value) {
                return Err(LoadError::NotAHeader(format!("{name}: {value}")));
            }
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("content-length: ");
        Ok(Self {
            head: head.into_bytes(),
        })
    }

    /// Appends a request with this body to `request`.
    pub fn render(&self, request: &mut Vec<u8>, body: &[u8]) {
        self.render_with(request, &[], body);
    }

    /// Appends a request with this body and headers that change from one request to the next, such
    /// as an idempotency key. The caller vouches that names and values are proper ones.
    pub fn render_with(&self, request: &mut Vec<u8>, headers: &[(&str, &str)], body: &[u8]) {
        request.extend_from_slice(&self.head);
        write!(request, "{}\r\n", body.len()).expect("writing to a Vec cannot fail");
        for (name, value) in headers {
            debug_assert!(is_name(name) && is_plain(value), "{name}: {value}");
            for part in [name, ": ", value, "\r\n"] {
                request.extend_from_slice(part.as_bytes());
            }
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A header name is a `token` (RFC 9110, section 5.6.2); letters, digits and hyphens are enough.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    !text.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> SocketAddr {
        "127.0.0.1:8080".parse().expect("an address")
    }

    #[test]
    fn a_json_post_is_a_whole_request() {
        let post = JsonPost::new(host(), "/v1/transactions?dry=1", &[("x-bank", "north")])
            .expect("plain headers");
        let mut request = Vec::new();
        post.render_with(&mut request, &[("idempotency-key", "k7")], b"{\"a\":1}");
        let expected = "POST /v1/transactions?dry=1 HTTP/1.1\r\n\
             host: 127.0.0.1:8080\r\n\
             content-type: application/json\r\n\
             x-bank: north\r\n\
             content-length: 7\r\n\
             idempotency-key: k7\r\n\
             \r\n\
             {\"a\":1}";
        assert_eq!(String::from_utf8(request).expect("ASCII"), expected);
    }

    #[test]
    fn what_would_break_a_request_apart_is_refused() {
        for path in ["", "v1", "/a b", "/a\r\nx: y", "/ä"] {
            assert!(JsonPost::new(host(), path, &[]).is_err(), "{path:?}");
        }
        for header in [
            ("", "v"),
            ("a b", "v"),
            ("a:", "v"),
            ("a", "v\r\n"),
            ("a", "\0"),
        ] {
            assert!(JsonPost::new(host(), "/", &[header]).is_err(), "{header:?}");
        }
    }

    #[test]
    fn a_check_sees_answers_and_both_source_and_check_must_accept() {
        struct Picky;
        impl RequestSource for Picky {
            fn next_request(&mut self, _connection: usize, request: &mut Vec<u8>) {
                request.push(b'r');
            }
            fn check_response(&mut self, _connection: usize, response: Response<'_>) -> bool {
                response.status == 200
            }
        }
        let mut source =
            Picky.checked(|connection, response| connection == 3 || response.body == b"b");
        let mut check =
            |connection, status, body| source.check_response(connection, Response { status, body });
        assert!(check(3, 200, b"a"));
        assert!(check(0, 200, b"b"));
        assert!(!check(0, 200, b"a"), "refused by the check");
        assert!(!check(3, 500, b"b"), "refused by the source");
    }
}
