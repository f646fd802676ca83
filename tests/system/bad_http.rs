//! What is not HTTP, or never ends, harms nobody else.

use crate::support::{Purchase, TestBank, http::Connection};

#[test]
fn what_is_not_http_is_answered_with_an_error_or_cut_off() {
    let bank = TestBank::start();
    let last = bank.last_sequence();
    let long_header = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n",
        "a".repeat(2_000_000)
    );
    let many_headers = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "A: b\r\n".repeat(10_000)
    );
    let long_path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(2_000_000));
    for bytes in [
        b"\r\n\r\n\r\n\0\0\0".as_slice(),
        b"not http at all\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS greeting",
        b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        long_header.as_bytes(),
        many_headers.as_bytes(),
        long_path.as_bytes(),
    ] {
        let mut connection = Connection::open(bank.address()).expect("a server that listens");
        // The server may hang up before it has read everything.
        let _ = connection.write(bytes);
        connection.stop_writing();
        let answer = connection.read_to_end();
        let line = String::from_utf8_lossy(&answer[..answer.len().min(12)]).into_owned();
        assert!(
            line.is_empty() || line.starts_with("HTTP/1.1 4") || line.starts_with("HTTP/1.1 505"),
            "{line} to {:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(80)])
        );
    }
    bank.assess(&Purchase::of("after")).expect(201);
    assert_eq!(bank.last_sequence(), last + 1);
}

#[test]
fn requests_that_never_end_keep_nobody_else_waiting() {
    let bank = TestBank::start();
    let last = bank.last_sequence();
    let head = format!(
        "POST /v1/transactions HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n",
        bank.address()
    );
    let mut dangling = Vec::new();
    for number in 0..300 {
        let mut connection = Connection::open(bank.address()).expect("a server that listens");
        let beginning = match number % 3 {
            0 => "GE".to_owned(),
            1 => head.clone(),
            _ => format!("{head}Content-Length: 100\r\n\r\n{{\"customer_id\""),
        };
        connection
            .write(beginning.as_bytes())
            .expect("an open connection");
        dangling.push(connection);
    }
    for number in 0..20 {
        bank.assess(&Purchase::of(&format!("t-{number}")))
            .expect(201);
    }
    drop(dangling);
    bank.assess(&Purchase::of("after")).expect(201);
    assert_eq!(bank.last_sequence(), last + 21);
}

#[test]
fn a_caller_who_does_not_wait_for_the_answer_is_decided_all_the_same() {
    let bank = TestBank::start();
    let purchase = Purchase::of("left");
    let mut connection = Connection::open(bank.address()).expect("a server that listens");
    let request = purchase.request(&bank.payments());
    connection
        .write(&request.bytes())
        .expect("an open connection");
    drop(connection);
    // Decided before or by this request: in either case once.
    let before = bank.assess(&purchase).expect(201);
    let again = bank.assess(&purchase).expect(201);
    assert!(again.is_replayed());
    assert_eq!(again.text(), before.text());
}
