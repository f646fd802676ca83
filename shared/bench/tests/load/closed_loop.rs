//! The closed loop against servers that behave and servers that do not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::scripted_server::{OK, Reply, ScriptedServer, request};
use accord_bench::echo::{ECHO_PATH, EchoCeiling};
use accord_bench::load::{
    Answers, ClosedLoop, Failures, JsonPost, LoadError, LoadReport, RequestSource, Response,
    SameRequest,
};

/// A loop that ends by count; its time is only there to keep a broken test from running on.
fn counted(connections: usize, requests_max: u64) -> ClosedLoop {
    ClosedLoop {
        warm_up: Duration::ZERO,
        requests_max,
        ..ClosedLoop::new(connections, Duration::from_secs(60))
    }
}

/// Sends `requests` to a server that follows `script`, over two connections.
async fn check<F>(requests: u64, script: F, answers: Answers, failures: Failures) -> LoadReport
where
    F: Fn(u64) -> Reply + Clone + Send + 'static,
{
    let server = ScriptedServer::start(script).await;
    let report = counted(2, requests)
        .run(server.address, request())
        .await
        .expect("the run takes place");
    assert_eq!((report.answers, report.failures), (answers, failures));
    assert_eq!(report.requests, requests);
    assert_eq!(report.latency.count, answers.success);
    assert_eq!(server.requests(), requests, "each request is sent once");
    report
}

fn successes(success: u64) -> Answers {
    Answers {
        success,
        ..Answers::default()
    }
}

#[tokio::test]
async fn every_request_is_answered_and_counted_once() {
    let server = EchoCeiling::start(150).await.expect("a loopback port");
    let mut request = Vec::new();
    JsonPost::new(server.address(), ECHO_PATH, &[])
        .expect("a plain path")
        .render(&mut request, b"{}");
    let source = SameRequest(request).checked(|_, response| response.body.len() == 150);
    let report = counted(8, 400)
        .run(server.address(), source)
        .await
        .expect("the run takes place");
    assert_eq!(report.answers, successes(400));
    assert_eq!(report.failures, Failures::default());
    assert_eq!(report.requests, 400);
    assert_eq!(report.latency.count, 400);
    assert_eq!(report.connections, 8);
    assert!(report.rate_per_second > 0.0);
    assert!(report.open_loop.is_none());
}

/// Sends a different body each time and expects exactly that body back on the same connection.
struct Numbered {
    post: JsonPost,
    next: u64,
    last_of: [u64; 8],
    confirmed: Arc<AtomicU64>,
}

impl RequestSource for Numbered {
    fn next_request(&mut self, connection: usize, request: &mut Vec<u8>) {
        assert!(request.is_empty());
        self.next += 1;
        self.last_of[connection] = self.next;
        self.post.render(request, self.next.to_string().as_bytes());
    }

    fn check_response(&mut self, connection: usize, response: Response<'_>) -> bool {
        let same = response.body == self.last_of[connection].to_string().as_bytes();
        self.confirmed.fetch_add(same.into(), Ordering::Relaxed);
        same
    }
}

#[tokio::test]
async fn answers_belong_to_the_requests_of_their_connection() {
    let server = EchoCeiling::start_echoing().await.expect("a loopback port");
    let confirmed = Arc::new(AtomicU64::new(0));
    let source = Numbered {
        post: JsonPost::new(server.address(), ECHO_PATH, &[]).expect("a plain path"),
        next: 0,
        last_of: [0; 8],
        confirmed: Arc::clone(&confirmed),
    };
    let report = counted(8, 300)
        .run(server.address(), source)
        .await
        .expect("the run takes place");
    assert_eq!(report.answers, successes(300));
    assert_eq!(confirmed.load(Ordering::Relaxed), 300);
}

#[tokio::test]
async fn answers_are_counted_by_class_and_only_successes_have_a_latency() {
    let script = |index: u64| {
        Reply::Bytes(match index % 4 {
            0 => OK,
            1 => b"HTTP/1.1 304 Not Modified\r\n\r\n",
            2 => b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n",
            _ => b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}",
        })
    };
    let answers = Answers {
        success: 25,
        redirect: 25,
        client_error: 25,
        server_error: 25,
    };
    check(100, script, answers, Failures::default()).await;
}

#[tokio::test]
async fn an_answer_that_arrives_byte_by_byte_is_an_answer() {
    let script = |_| Reply::OneByOne(OK);
    check(20, script, successes(20), Failures::default()).await;
}

#[tokio::test]
async fn a_server_that_drops_connections_is_a_failure_for_each_and_no_hang() {
    let script = |index: u64| match index % 2 {
        0 => Reply::ThenClose(b""),
        _ => Reply::ThenClose(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no"),
    };
    let failures = Failures {
        closed: 200,
        ..Failures::default()
    };
    check(200, script, Answers::default(), failures).await;
}

#[tokio::test]
async fn a_dropped_connection_is_opened_again_for_the_next_request() {
    let script = |index: u64| match index % 10 {
        0 => Reply::ThenClose(b""),
        _ => Reply::Bytes(OK),
    };
    let failures = Failures {
        closed: 10,
        ..Failures::default()
    };
    check(100, script, successes(90), failures).await;
}

#[tokio::test]
async fn a_server_that_says_it_closes_and_does_is_no_failure() {
    const CLOSING: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
    let server = ScriptedServer::start(|_| Reply::ThenClose(CLOSING)).await;
    let report = counted(1, 20)
        .run(server.address, request())
        .await
        .expect("the run takes place");
    assert_eq!(report.answers, successes(20));
    assert_eq!(report.failures, Failures::default());
    assert_eq!(server.connections(), 20);
}

#[tokio::test]
async fn a_silent_server_is_given_up_on() {
    let server = ScriptedServer::start(|_| Reply::Silence).await;
    let impatient = ClosedLoop {
        response_time_limit: Duration::from_millis(20),
        ..counted(2, 6)
    };
    let report = impatient
        .run(server.address, request())
        .await
        .expect("the run takes place");
    let failures = Failures {
        timed_out: 6,
        ..Failures::default()
    };
    assert_eq!(report.failures, failures);
    assert_eq!(report.answers, Answers::default());
}

#[tokio::test]
async fn what_is_not_understood_is_malformed() {
    let script = |index: u64| {
        Reply::Bytes(match index % 3 {
            0 => b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            1 => b"220 mail.example ESMTP\r\n",
            _ => b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nsurprise",
        })
    };
    let failures = Failures {
        malformed: 30,
        ..Failures::default()
    };
    check(30, script, Answers::default(), failures).await;
}

#[tokio::test]
async fn nobody_listening_is_a_failure_to_connect() {
    let address = ScriptedServer::start(|_| Reply::Silence).await.address;
    // The server was dropped with the end of that statement; its task ends at the next yield.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let report = counted(2, 6)
        .run(address, request())
        .await
        .expect("the run takes place");
    assert_eq!(report.failures.connect, 6);
    assert_eq!(report.requests, 6);
}

#[tokio::test]
async fn answers_that_a_check_refuses_are_failures() {
    let server = ScriptedServer::start(|_| Reply::Bytes(OK)).await;
    let mut seen = 0;
    let source = request().checked(move |_, response| {
        seen += 1;
        assert_eq!((response.status, response.body), (200, b"ok".as_slice()));
        seen % 3 != 0
    });
    let report = counted(2, 30)
        .run(server.address, source)
        .await
        .expect("the run takes place");
    assert_eq!(report.answers, successes(20));
    assert_eq!(report.failures.check_failed, 10);
}

#[tokio::test]
async fn requests_of_the_warm_up_are_sent_and_not_measured() {
    let server = ScriptedServer::start(|_| Reply::Bytes(OK)).await;
    let all_warm_up = ClosedLoop {
        warm_up: Duration::from_secs(60),
        ..counted(2, 50)
    };
    let report = all_warm_up
        .run(server.address, request())
        .await
        .expect("the run takes place");
    assert_eq!(server.requests(), 50);
    assert_eq!(report.requests, 0);
    assert_eq!(report.latency.count, 0);
}

#[tokio::test]
async fn a_run_of_no_time_sends_nothing() {
    let server = ScriptedServer::start(|_| Reply::Bytes(OK)).await;
    let no_time = ClosedLoop {
        duration: Duration::ZERO,
        ..counted(2, 50)
    };
    let report = no_time
        .run(server.address, request())
        .await
        .expect("the run takes place");
    assert_eq!((report.requests, server.requests()), (0, 0));
}

#[tokio::test]
async fn a_run_ends_when_nobody_waits_for_it() {
    let server = ScriptedServer::start(|_| Reply::Bytes(OK)).await;
    let held_by_source = Arc::new(());
    let held = Arc::clone(&held_by_source);
    let source = request().checked(move |_, _| Arc::strong_count(&held) > 0);
    let run = counted(2, 100_000_000).run(server.address, source);
    tokio::select! {
        _ = run => panic!("a minute of requests cannot be over"),
        () = async { while server.requests() < 10 { tokio::task::yield_now().await } } => {}
    }
    // The generator lets go of the source when it ends.
    while Arc::strong_count(&held_by_source) > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_source_that_panics_ends_the_run_with_an_error() {
    let server = ScriptedServer::start(|_| Reply::Bytes(OK)).await;
    let mut left = 5;
    let source = request().checked(move |_, _| {
        left -= 1;
        assert!(left > 0, "this panic is part of the test");
        true
    });
    let ended = counted(1, 100).run(server.address, source).await;
    assert!(matches!(ended, Err(LoadError::SourcePanicked)));
}

#[tokio::test]
async fn load_is_only_put_on_this_machine() {
    let elsewhere: SocketAddr = "192.0.2.1:80".parse().expect("an address");
    let refused = counted(1, 1).run(elsewhere, request()).await;
    assert!(matches!(refused, Err(LoadError::NotLoopback(address)) if address == elsewhere));
}

#[tokio::test]
async fn settings_beyond_their_limits_are_refused() {
    let here: SocketAddr = "127.0.0.1:1".parse().expect("an address");
    let hour = Duration::from_secs(3_600);
    for (settings, name) in [
        (counted(0, 1), "connections"),
        (counted(5_000, 1), "connections"),
        (counted(1, 0), "requests_max"),
        (counted(1, 100_000_001), "requests_max"),
        (ClosedLoop::new(1, hour), "the run's whole time"),
        (
            ClosedLoop {
                response_time_limit: hour,
                ..counted(1, 1)
            },
            "response_time_limit",
        ),
    ] {
        let refused = settings.run(here, request()).await;
        assert!(
            matches!(refused, Err(LoadError::OutOfBounds { setting, .. }) if setting == name),
            "{settings:?}"
        );
    }
}
