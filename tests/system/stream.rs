//! Decisions as they happen, over connections that break.

use crate::support::{
    Purchase, TestBank,
    events::{EventStream, StreamEvent},
    ledger::list_all,
    read_models,
};

const STREAM: &str = "/v1/stream";

fn send(bank: &TestBank, range: std::ops::Range<usize>) -> Vec<String> {
    range
        .map(|number| {
            let id = format!("t-{number}");
            bank.assess(&Purchase::of(&id)).expect(201);
            id
        })
        .collect()
}

fn ids(events: &[StreamEvent]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event.data["transaction_id"].as_str().unwrap_or_default())
        .collect()
}

#[test]
fn decisions_arrive_in_order_and_figures_beside_them() {
    let bank = TestBank::start();
    let mut stream = EventStream::open(&bank.payments(), STREAM, None);
    // The first figures show that the stream has begun.
    let figures = stream.next_named("overview");
    assert_eq!(figures.data["counts"]["approve"], 0, "{figures:?}");
    let sent = send(&bank, 0..20);
    let decisions = stream.decisions(20);
    assert_eq!(ids(&decisions), sent);
    // The same instants in the same form as everywhere else.
    let mut listed = list_all(&bank, 500);
    listed.reverse();
    for (decision, row) in decisions.iter().zip(listed) {
        assert_eq!(decision.data["occurred_at"], row["occurred_at"]);
    }
    for clock in [
        &figures.data["simulated_now"],
        &bank.payments().get("/v1/overview").send().json()["simulated_now"],
    ] {
        let clock = clock.as_str().expect("a text");
        chrono::DateTime::parse_from_rfc3339(clock).expect("RFC 3339");
    }
    let figures = loop {
        let figures = stream.next_named("overview");
        if figures.data["counts"]["approve"] != 0 {
            break figures;
        }
    };
    assert_eq!(figures.data["counts"]["approve"], 20, "{figures:?}");
}

#[test]
fn a_stream_that_broke_goes_on_without_loss_or_repetition() {
    let mut bank = TestBank::start();
    let mut stream = EventStream::open(&bank.payments(), STREAM, None);
    stream.next_named("overview");
    send(&bank, 0..10);
    let seen = stream.decisions(5);
    let last = seen.last().expect("five decisions").id.clone();
    drop(stream);
    let rest = send(&bank, 10..25);

    let missed: Vec<_> = (5..10)
        .map(|number| format!("t-{number}"))
        .chain(rest)
        .collect();
    let mut stream = EventStream::open(&bank.payments(), STREAM, Some(&last));
    assert_eq!(ids(&stream.decisions(20)), missed);
    drop(stream);

    // Also over the death of the server.
    bank.kill();
    bank.launch();
    let mut stream = EventStream::open(&bank.payments(), STREAM, Some(&last));
    assert_eq!(ids(&stream.decisions(20)), missed);
    let new = send(&bank, 25..27);
    assert_eq!(ids(&stream.decisions(2)), new);
}

#[test]
fn a_stream_that_broke_before_the_first_decision_goes_on_from_where_it_was() {
    let bank = TestBank::start();
    let mut stream = EventStream::open(&bank.payments(), STREAM, None);
    let figures = stream.next_named("overview");
    drop(stream);
    let sent = send(&bank, 0..3);
    let mut stream = EventStream::open(&bank.payments(), STREAM, Some(&figures.id));
    assert_eq!(ids(&stream.decisions(3)), sent);
}

#[test]
fn a_stream_can_begin_after_any_position() {
    let bank = TestBank::start();
    send(&bank, 0..5);
    let rows = list_all(&bank, 500);
    let position = rows[2]["position"].as_str().unwrap_or_default();
    let path = format!("{STREAM}?after={position}");
    let mut stream = EventStream::open(&bank.payments(), &path, None);
    assert_eq!(ids(&stream.decisions(2)), ["t-3", "t-4"]);
    for bad in ["bad", ""] {
        let refused = bank.payments().get(&format!("{STREAM}?after={bad}")).send();
        assert_eq!(refused.expect(400).problem(), "invalid-position");
    }
}

#[test]
fn who_was_away_for_long_is_told_how_much_was_missed() {
    let bank = TestBank::start();
    let mut stream = EventStream::open(&bank.payments(), STREAM, None);
    let first = stream.next_named("overview");
    drop(stream);
    let sent = send(&bank, 0..120);
    list_all(&bank, 500);
    let mut stream = EventStream::open(&bank.payments(), STREAM, Some(&first.id));
    let gap = stream.next_named("gap");
    let skipped = gap.data["skipped"].as_u64().expect("a number") as usize;
    assert!(skipped > 0);
    let rest = stream.decisions(sent.len() - skipped);
    assert_eq!(ids(&rest), sent[skipped..]);
}

#[test]
fn rebuilt_tables_reset_the_stream() {
    let bank = TestBank::start();
    send(&bank, 0..3);
    list_all(&bank, 500);
    let mut open = EventStream::open(&bank.payments(), STREAM, None);
    let before = open.next_named("overview").id;
    read_models::rebuild_all(&bank);
    let reset = open.next_named("reset").id;
    open.read_to_its_end();
    // What the reset's own id leads to is everything, from the beginning.
    let mut stream = EventStream::open(&bank.payments(), STREAM, Some(&reset));
    assert_eq!(ids(&stream.decisions(3)), ["t-0", "t-1", "t-2"]);

    for id in [before.as_str(), "7-1", "nonsense", "1", "-"] {
        let mut stream = EventStream::open(&bank.payments(), STREAM, Some(id));
        let reset = stream.next();
        assert_eq!(reset.name, "reset", "{id}");
        stream.read_to_its_end();
    }
}

#[test]
fn an_open_stream_ends_when_the_server_stops() {
    let mut bank = TestBank::start();
    let mut stream = EventStream::open(&bank.payments(), STREAM, None);
    stream.next_named("overview");
    bank.stop();
    // Cut off, it would have no end of its own.
    stream.read_to_its_end();
}
