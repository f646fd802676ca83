//! Reading responses: a status, a length and that many bytes, in whatever pieces they arrive.
//!
//! Only what a server under test sends is understood: HTTP/1.1 with `content-length` (RFC 9112).
//! Anything else, chunked bodies included, is reported as malformed and never guessed at.

/// An answer as it came in; its body lives in the connection's buffer until the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response<'a> {
    /// The status code, 200 to 599.
    pub status: u16,
    /// The whole body.
    pub body: &'a [u8],
}

/// Heads are a few hundred bytes; a server that sends more than this is broken.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// The largest body that is read.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

const BUFFER_BYTES_AT_FIRST: usize = 4 * 1024;

/// A response that is not one, or not of a kind this reader knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Gathers one response at a time in a buffer that only ever grows.
///
/// Loop: read into [`space`](Self::space), tell [`received`](Self::received), until it says that
/// the response is complete; then look at [`response`](Self::response) and
/// [`begin`](Self::begin) the next.
#[derive(Debug)]
pub(super) struct ResponseReader {
    buffer: Vec<u8>,
    /// How much of the buffer has been received.
    filled: usize,
    /// Where the first line that has not been understood yet begins.
    line_start: usize,
    status: u16,
    body_length: Option<usize>,
    closes: bool,
    /// Where the body begins, once the head is complete.
    body_start: Option<usize>,
}

impl ResponseReader {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; BUFFER_BYTES_AT_FIRST],
            filled: 0,
            line_start: 0,
            status: 0,
            body_length: None,
            closes: false,
            body_start: None,
        }
    }

    /// Forgets the last response and gets ready for the next.
    pub(super) fn begin(&mut self) {
        self.filled = 0;
        self.line_start = 0;
        self.status = 0;
        self.body_length = None;
        self.closes = false;
        self.body_start = None;
    }

    /// Where to read to; never empty.
    ///
    /// One byte more than a body needs is always offered. A read that fills its buffer leaves the
    /// runtime in doubt whether there is more, which would cost a second system call per response.
    pub(super) fn space(&mut self) -> &mut [u8] {
        let wanted = match (self.body_start, self.body_length) {
            (Some(start), Some(length)) => start + length + 1,
            _ => self.filled + 1,
        };
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted.next_power_of_two(), 0);
        }
        &mut self.buffer[self.filled..]
    }

    /// Takes note of `count` more bytes in the buffer; true when the response is complete.
    pub(super) fn received(&mut self, count: usize) -> Result<bool, Malformed> {
        self.filled += count;
        let body_start = match self.body_start {
            Some(start) => start,
            None => match self.read_head()? {
                Some(start) => start,
                None => return Ok(false),
            },
        };
        let length = self.body_length.ok_or(Malformed)?;
        match self.filled - body_start {
            received if received < length => Ok(false),
            received if received == length => Ok(true),
            // One request at a time is in flight, so nobody asked for what follows.
            _ => Err(Malformed),
        }
    }

    /// The complete response.
    pub(super) fn response(&self) -> Response<'_> {
        Response {
            status: self.status,
            body: &self.buffer[self.body_start.unwrap_or(self.filled)..self.filled],
        }
    }

    /// Whether the server said that it closes the connection behind this response.
    pub(super) fn closes(&self) -> bool {
        self.closes
    }

    /// Reads whole lines; `Some` is where the body begins.
    fn read_head(&mut self) -> Result<Option<usize>, Malformed> {
        while let Some(line_end) = self.line_end() {
            let line = &self.buffer[self.line_start..line_end];
            let line = line.strip_suffix(b"\r\n").ok_or(Malformed)?;
            if self.line_start == 0 {
                self.status = status_of(line)?;
            } else if line.is_empty() {
                return self.finish_head(line_end).map(Some);
            } else {
                let header = Header::of(line)?;
                self.take_note_of(header)?;
            }
            self.line_start = line_end;
        }
        let too_long = self.filled > HEAD_BYTES_MAX;
        if too_long { Err(Malformed) } else { Ok(None) }
    }

    /// Behind the line feed of the line that begins at `line_start`, if that has arrived.
    fn line_end(&self) -> Option<usize> {
        let rest = &self.buffer[self.line_start..self.filled];
        let length = rest.iter().position(|&byte| byte == b'\n')?;
        Some(self.line_start + length + 1)
    }

    fn take_note_of(&mut self, header: Header) -> Result<(), Malformed> {
        match header {
            Header::ContentLength(length) => {
                let before = self.body_length.replace(length);
                if before.is_some_and(|before| before != length) {
                    return Err(Malformed);
                }
            }
            Header::ConnectionClose => self.closes = true,
            Header::Other => {}
        }
        Ok(())
    }

    fn finish_head(&mut self, body_start: usize) -> Result<usize, Malformed> {
        // These two have no body, whatever their headers say (RFC 9112, section 6.3).
        if matches!(self.status, 204 | 304) {
            self.body_length = Some(0);
        }
        self.body_start = Some(body_start);
        Ok(body_start)
    }
}

/// The headers that matter for finding the end of a response.
enum Header {
    ContentLength(usize),
    ConnectionClose,
    Other,
}

impl Header {
    fn of(line: &[u8]) -> Result<Self, Malformed> {
        // Nearly all headers are told apart by the length of their name, before any comparison.
        let colon = line
            .iter()
            .position(|&byte| byte == b':')
            .ok_or(Malformed)?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        match name.len() {
            10 if name.eq_ignore_ascii_case(b"connection") => {
                let closes = value.trim_ascii().eq_ignore_ascii_case(b"close");
                Ok(if closes {
                    Self::ConnectionClose
                } else {
                    Self::Other
                })
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                content_length(value.trim_ascii()).map(Self::ContentLength)
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => Err(Malformed),
            _ => Ok(Self::Other),
        }
    }
}

/// `HTTP/1.1 200 OK`, where the reason may be missing. Interim responses (1xx) are never asked for.
fn status_of(line: &[u8]) -> Result<u16, Malformed> {
    let rest = line.strip_prefix(b"HTTP/1.1 ").ok_or(Malformed)?;
    let (code, reason) = rest.split_first_chunk::<3>().ok_or(Malformed)?;
    let ends = reason.first().is_none_or(|&byte| byte == b' ');
    if !ends || !code.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    let status = code
        .iter()
        .fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
    let final_answer = (200..600).contains(&status);
    final_answer.then_some(status).ok_or(Malformed)
}

fn content_length(digits: &[u8]) -> Result<usize, Malformed> {
    if digits.is_empty() {
        return Err(Malformed);
    }
    let mut length = 0_usize;
    for &byte in digits {
        if !byte.is_ascii_digit() {
            return Err(Malformed);
        }
        length = length * 10 + usize::from(byte - b'0');
        // Checked at every digit, so that the sum can never overflow.
        if length > BODY_BYTES_MAX {
            return Err(Malformed);
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `bytes` in pieces of the given sizes (the last for as long as needed).
    fn feed(
        reader: &mut ResponseReader,
        bytes: &[u8],
        pieces: &[usize],
    ) -> Result<bool, Malformed> {
        reader.begin();
        let mut rest = bytes;
        let mut sizes = pieces.iter().copied();
        let mut size = usize::MAX;
        let mut complete = false;
        while !rest.is_empty() {
            size = sizes.next().unwrap_or(size);
            let space = reader.space();
            let count = size.min(space.len()).min(rest.len());
            space[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            complete = reader.received(count)?;
        }
        Ok(complete)
    }

    fn check_complete(bytes: &[u8], status: u16, body: &[u8]) {
        for piece in [usize::MAX, 1, 2, 7] {
            let mut reader = ResponseReader::new();
            assert_eq!(
                feed(&mut reader, bytes, &[piece]),
                Ok(true),
                "pieces of {piece}"
            );
            assert_eq!(reader.response(), Response { status, body });
        }
    }

    #[test]
    fn responses_are_read_whole_or_byte_by_byte() {
        check_complete(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\ntrue",
            200,
            b"true",
        );
        check_complete(
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length:  2 \r\nRetry-After: 1\r\n\r\n{}",
            503,
            b"{}",
        );
        check_complete(b"HTTP/1.1 202\r\nCONTENT-LENGTH: 0\r\n\r\n", 202, b"");
        check_complete(b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"");
        // Line ends inside a body are body.
        check_complete(
            b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n\r\n\r\n\r\n",
            200,
            b"\r\n\r\n\r\n",
        );
    }

    #[test]
    fn a_response_is_complete_with_its_last_byte_and_not_before() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
        for length in 1..bytes.len() {
            let mut reader = ResponseReader::new();
            let fed = feed(&mut reader, &bytes[..length], &[1]);
            assert_eq!(fed, Ok(false), "{length} bytes");
        }
    }

    #[test]
    fn what_is_not_understood_is_malformed() {
        let head = |header: &str| format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\n").into_bytes();
        let cases: Vec<(&str, Vec<u8>)> = vec![
            ("no length", head("x: y")),
            ("chunked", head("transfer-encoding: chunked")),
            ("no colon", head("content-length")),
            ("empty length", head("content-length: ")),
            ("signed length", head("content-length: +1")),
            (
                "endless length",
                head(&format!("content-length: {}", "9".repeat(40))),
            ),
            (
                "two lengths",
                head("content-length: 0\r\ncontent-length: 1"),
            ),
            ("old version", b"HTTP/1.0 200 OK\r\n\r\n".to_vec()),
            ("interim", b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
            ("no status", b"HTTP/1.1 abc\r\n\r\n".to_vec()),
            ("long status", b"HTTP/1.1 2000 OK\r\n\r\n".to_vec()),
            (
                "bare line feed",
                b"HTTP/1.1 200 OK\ncontent-length: 0\n\n".to_vec(),
            ),
            (
                "too much body",
                b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab".to_vec(),
            ),
            ("endless head", vec![b'a'; HEAD_BYTES_MAX + 1]),
        ];
        for (case, bytes) in cases {
            let mut reader = ResponseReader::new();
            assert_eq!(feed(&mut reader, &bytes, &[]), Err(Malformed), "{case}");
        }
    }

    #[test]
    fn the_same_length_twice_is_one_length() {
        check_complete(
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
            200,
            b"a",
        );
    }

    #[test]
    fn a_closing_server_says_so() {
        let mut reader = ResponseReader::new();
        let closing = b"HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(feed(&mut reader, closing, &[]), Ok(true));
        assert!(reader.closes());
        let keeping = b"HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(feed(&mut reader, keeping, &[]), Ok(true));
        assert!(
            !reader.closes(),
            "nothing is left over from the response before"
        );
    }

    proptest! {
        /// One reader, many responses, cut anywhere: every response comes out as it went in.
        #[test]
        fn responses_survive_any_cut(
            responses in prop::collection::vec(
                (200_u16..600, prop::collection::vec(any::<u8>(), 0..9_000)), 1..5),
            pieces in prop::collection::vec(1_usize..200, 1..20),
        ) {
            let mut reader = ResponseReader::new();
            for (status, body) in responses {
                let body = if matches!(status, 204 | 304) { Vec::new() } else { body };
                let mut bytes = format!(
                    "HTTP/1.1 {status} Some Reason\r\ndate: today\r\ncontent-length: {}\r\n\r\n",
                    body.len(),
                ).into_bytes();
                bytes.extend_from_slice(&body);
                prop_assert_eq!(feed(&mut reader, &bytes, &pieces), Ok(true));
                prop_assert_eq!(reader.response(), Response { status, body: &body });
            }
        }
    }
}
