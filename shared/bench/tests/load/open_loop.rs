//! The open loop: arrivals do not wait for answers, and their latency counts from when they were
//! intended.

use std::net::SocketAddr;
use std::time::Duration;

use crate::scripted_server::{OK, Reply, ScriptedServer, request};
use accord_bench::echo::{ECHO_PATH, EchoCeiling};
use accord_bench::load::{
    Answers, Failures, JsonPost, LoadError, LoadReport, OpenLoop, RequestSource as _, SameRequest,
};

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Arrivals for `duration` without a warm-up, so that all of them count.
fn open_loop(connections: usize, rate_per_second: u32, duration: Duration) -> OpenLoop {
    OpenLoop {
        warm_up: Duration::ZERO,
        ..OpenLoop::new(connections, rate_per_second, duration)
    }
}

async fn run(settings: OpenLoop, address: SocketAddr) -> LoadReport {
    let report = settings.run(address, request()).await;
    report.expect("the run takes place")
}

#[tokio::test]
async fn every_arrival_is_sent_and_answered_once() {
    let server = EchoCeiling::start(150).await.expect("a loopback port");
    let mut request = Vec::new();
    JsonPost::new(server.address(), ECHO_PATH, &[])
        .expect("a plain path")
        .render(&mut request, b"{}");
    let report = open_loop(8, 2_000, milliseconds(250))
        .run(server.address(), SameRequest(request))
        .await
        .expect("the run takes place");
    assert_eq!(report.requests, 500);
    assert_eq!(report.answers.success, 500);
    assert_eq!(report.failures, Failures::default());
    assert_eq!(report.latency.count, 500);
    let open = report
        .open_loop
        .expect("an open loop has figures of its own");
    assert_eq!(open.waiting.count, 500);
    assert_eq!(open.requested_rate_per_second, 2_000);
    assert!(
        report.rate_per_second <= 2_000.0,
        "answers cannot come faster than arrivals"
    );
}

#[tokio::test]
async fn arrivals_of_the_warm_up_are_sent_and_not_measured() {
    let server = ScriptedServer::start(|_| Reply::Bytes(OK)).await;
    let settings = OpenLoop {
        warm_up: milliseconds(100),
        ..open_loop(4, 1_000, milliseconds(200))
    };
    let report = run(settings, server.address).await;
    assert_eq!(server.requests(), 300);
    assert_eq!(report.requests, 200);
    let open = report
        .open_loop
        .expect("an open loop has figures of its own");
    assert_eq!(open.waiting.count, 200);
}

/// One connection, and a server that holds every answer back for 20 ms, against an arrival every
/// 2 ms. The k-th answer (from 0) cannot come before (k + 1) · 20 ms, and was due at k · 2 ms, so
/// that its latency is at least 20 + 18 k ms. A generator that measures from when it sent would
/// report 20 ms throughout.
#[tokio::test]
async fn waiting_behind_a_slow_server_is_part_of_the_latency() {
    const ARRIVALS: u64 = 20;
    let server = ScriptedServer::start(|_| Reply::After(milliseconds(20), OK)).await;
    let settings = open_loop(1, 500, milliseconds(2 * ARRIVALS));
    let report = run(settings, server.address).await;
    assert_eq!(report.answers.success, ARRIVALS);
    let latency_min_us = |k: u64| 1_000 * (20 + 18 * k);
    let (latency, last) = (report.latency, ARRIVALS - 1);
    assert!(latency.max_us >= latency_min_us(last), "{latency:?}");
    // The tenth of twenty, and the eighteenth.
    assert!(latency.p50_us >= latency_min_us(9), "{latency:?}");
    assert!(latency.p90_us >= latency_min_us(17), "{latency:?}");

    let open = report
        .open_loop
        .expect("an open loop has figures of its own");
    assert!(open.waiting.max_us >= 18_000 * last, "{open:?}");
    // When the last arrival was due, at 38 ms, at most two had been sent.
    assert!(open.waiting_requests_max >= ARRIVALS - 3, "{open:?}");
}

/// The server answers nobody until all have asked, which only requests side by side can fulfil.
#[tokio::test]
async fn arrivals_do_not_wait_for_answers_while_connections_are_free() {
    let server = ScriptedServer::start(|_| Reply::WhenArrived(20, OK)).await;
    let report = run(open_loop(20, 1_000, milliseconds(20)), server.address).await;
    assert_eq!(report.answers.success, 20);
    assert_eq!(
        server.connections(),
        20,
        "opened once, ahead of the first arrival"
    );
}

/// A silent server holds the only connection for 60 ms each time. In the 200 ms of the run at most
/// four requests are sent; the others are reported, not forgotten.
#[tokio::test]
async fn arrivals_that_never_find_a_connection_are_failures() {
    let server = ScriptedServer::start(|_| Reply::Silence).await;
    let settings = OpenLoop {
        response_time_limit: milliseconds(60),
        drain_limit: Duration::ZERO,
        ..open_loop(1, 100, milliseconds(200))
    };
    let report = run(settings, server.address).await;
    let Failures {
        timed_out,
        never_sent,
        ..
    } = report.failures;
    assert_eq!(report.requests, 20);
    assert_eq!(timed_out + never_sent, 20, "{report:?}");
    assert!(timed_out <= 4, "{report:?}");
    assert_eq!(report.answers, Answers::default());
}

#[tokio::test]
async fn a_server_that_drops_connections_is_a_failure_for_each_and_no_hang() {
    let script = |index: u64| match index % 2 {
        0 => Reply::ThenClose(b""),
        _ => Reply::ThenClose(b"HTTP/1.1 200 OK\r\ncontent-le"),
    };
    let server = ScriptedServer::start(script).await;
    let report = run(open_loop(4, 1_000, milliseconds(200)), server.address).await;
    assert_eq!(report.failures.closed, 200);
    assert_eq!(report.requests, 200);
}

#[tokio::test]
async fn a_source_that_panics_ends_the_run_with_an_error() {
    let server = ScriptedServer::start(|_| Reply::Bytes(OK)).await;
    let source = request().checked(|_, _| panic!("this panic is part of the test"));
    let ended = open_loop(2, 100, Duration::from_secs(60))
        .run(server.address, source)
        .await;
    assert!(matches!(ended, Err(LoadError::SourcePanicked)));
}

#[tokio::test]
async fn load_is_only_put_on_this_machine() {
    let elsewhere: SocketAddr = "[2001:db8::1]:80".parse().expect("an address");
    let refused = open_loop(1, 1, milliseconds(1))
        .run(elsewhere, request())
        .await;
    assert!(matches!(refused, Err(LoadError::NotLoopback(address)) if address == elsewhere));
}

#[tokio::test]
async fn settings_beyond_their_limits_are_refused() {
    let here: SocketAddr = "127.0.0.1:1".parse().expect("an address");
    let minutes = |count: u64| Duration::from_secs(60 * count);
    for (settings, name) in [
        (open_loop(0, 1, minutes(1)), "connections"),
        (open_loop(1, 0, minutes(1)), "rate_per_second"),
        (open_loop(1, 1_000_001, minutes(1)), "rate_per_second"),
        (open_loop(1, 1, minutes(61)), "the run's whole time"),
        (
            open_loop(1, 1_000_000, minutes(50)),
            "the number of arrivals",
        ),
        (open_loop(1, 1, Duration::ZERO), "the number of arrivals"),
    ] {
        let refused = settings.run(here, request()).await;
        assert!(
            matches!(refused, Err(LoadError::OutOfBounds { setting, .. }) if setting == name),
            "{settings:?}"
        );
    }
}
