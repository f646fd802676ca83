//! When a transaction happened, and how far that may be from now.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{Purchase, TestBank};

#[test]
fn a_transaction_must_have_happened_near_the_node_s_clock() {
    let bank = TestBank::start();
    // A minute of slack on either side, because the clock goes on while the request is on its way.
    for (minutes, accepted) in [
        (0, true),
        (-1, true),
        (9, true),
        (11, false),
        (60 * 24 * 365 * 50, false),
        (-7 * 24 * 60 + 1, true),
        (-7 * 24 * 60 - 1, false),
        (-60 * 24 * 365 * 50, false),
    ] {
        let purchase = Purchase::of(&format!("at {minutes} minutes"))
            .by(&format!("customer of {minutes}"))
            .occurred(TimeDelta::minutes(minutes));
        let answer = bank.assess(&purchase);
        if accepted {
            answer.expect(201);
        } else {
            let answer = answer.expect(422);
            assert_eq!(answer.problem(), "invalid-field");
            assert_eq!(answer.json()["errors"][0]["pointer"], "#/occurred_at");
        }
    }
}

#[test]
fn transactions_of_one_customer_may_come_in_any_order() {
    let bank = TestBank::start();
    let hours = [0, -30, -2, -160, -1, -31, 0];
    let mut last = String::new();
    for (number, hour) in hours.into_iter().enumerate() {
        let purchase = Purchase::of(&format!("t-{number}")).occurred(TimeDelta::hours(hour));
        let answer = bank.assess(&purchase).expect(201).json();
        last = answer["position"].as_str().unwrap_or_default().to_owned();
    }
    let list = bank.query("/v1/transactions", &last).expect(200).json();
    let ids: Vec<_> = list["transactions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| row["transaction_id"].clone())
        .collect();
    // Newest in the log first, whenever it happened.
    assert_eq!(
        json!(ids),
        json!(["t-6", "t-5", "t-4", "t-3", "t-2", "t-1", "t-0"])
    );
}

#[test]
fn a_time_is_read_in_any_zone_and_answered_in_utc() {
    let bank = TestBank::start();
    let at = chrono::Utc::now() - TimeDelta::hours(3);
    let zone = chrono::FixedOffset::east_opt(5 * 3_600 + 1_800).expect("a zone");
    let text = at.with_timezone(&zone).to_rfc3339();
    let answer = bank.assess(&Purchase::of("elsewhere").occurred_at(&text));
    let answered = answer.expect(201).json()["occurred_at"].clone();
    assert_eq!(answered, at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
}

#[test]
fn what_is_no_time_is_refused() {
    let bank = TestBank::start();
    for text in [
        "",
        "now",
        "2026-01-31",
        "2026-01-31T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-13-01T10:00:00Z",
        "1769853600",
        "+12026-01-31T10:00:00Z",
        "2026-01-31T10:00:00+99:00",
        "0000-00-00T00:00:00Z",
        "2026-01-31T10:00:00Z\u{0}",
    ] {
        let answer = bank
            .assess(&Purchase::of("t").occurred_at(text))
            .expect(422);
        assert_eq!(
            answer.json()["errors"][0]["pointer"],
            "#/occurred_at",
            "{text:?}"
        );
    }
    for text in [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
    ] {
        let answer = bank
            .assess(&Purchase::of("t").occurred_at(text))
            .expect(422);
        assert_eq!(
            answer.json()["errors"][0]["pointer"],
            "#/occurred_at",
            "{text:?}"
        );
    }
}

#[test]
fn a_label_may_be_known_late_but_not_in_the_future() {
    let bank = TestBank::start();
    bank.assess(&Purchase::of("t")).expect(201);
    let label = |known_at: &str| {
        bank.payments()
            .post("/v1/transactions/t/labels")
            .json(json!({ "label": "fraud", "source": "chargeback", "known_at": known_at }))
            .send()
    };
    let at = |days: i64| (chrono::Utc::now() + TimeDelta::days(days)).to_rfc3339();
    label(&at(0)).expect(201);
    label(&at(-30)).expect(201);
    assert_eq!(label(&at(1)).expect(422).problem(), "invalid-field");
    assert_eq!(label("yesterday").expect(422).problem(), "invalid-field");
}
