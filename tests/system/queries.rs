//! What can be asked of a bank: filters, one transaction with its explanation and history, one's own writes.

use accord_event_log::{Position, Sequence};
use chrono::DateTime;
use serde_json::{Value, json};

use crate::support::{Caller, Purchase, TestBank, ledger::list_all};

/// A bank with decisions of every kind: each customer buys the same thing some times, then something dearer. Some of
/// the dearest are labelled.
fn bank_with_history() -> TestBank {
    let bank = TestBank::start();
    let mut declined = Vec::new();
    for customer in 0..50 {
        let by = |purchase: Purchase| purchase.by(&format!("customer-{customer}"));
        for number in 0..6 {
            let id = format!("t-{customer}-{number}");
            let at = format!("terminal-{}", number % 3);
            bank.assess(&by(Purchase::of(&id)).at(&at)).expect(201);
        }
        let id = format!("t-{customer}-dear");
        let dear = by(Purchase::of(&id)).amount(4_000 + 600 * customer);
        let answer = bank.assess(&dear).expect(201).json();
        if answer["decision"] == "decline" {
            declined.push(id);
        }
    }
    let [.., genuine, first, second] = declined.as_slice() else {
        panic!("only {declined:?} were declined");
    };
    for (id, label) in [
        (first.as_str(), "fraud"),
        (second, "fraud"),
        (genuine, "genuine"),
        ("t-0-0", "genuine"),
    ] {
        label_as(&bank.payments(), id, label, "chargeback");
    }
    bank
}

fn label_as(caller: &Caller, id: &str, label: &str, source: &str) -> Value {
    let request = caller.post(&format!("/v1/transactions/{id}/labels"));
    let body = json!({ "label": label, "source": source, "note": format!("{label} it is") });
    request.json(body).send().expect(201).json()
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["transaction_id"].as_str().unwrap_or_default())
        .collect()
}

/// Every page of a filtered list.
fn filtered(bank: &TestBank, filter: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/transactions?limit=7&{filter}{cursor}");
        let page = bank.payments().get(&path).send().expect(200).json();
        rows.extend(page["transactions"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

#[test]
fn every_filter_gives_the_rows_that_it_says_and_no_others() {
    let bank = bank_with_history();
    let all = list_all(&bank, 500);
    let middle = all[all.len() / 2]["occurred_at"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let before_middle = |row: &Value| {
        let time = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time");
        time(row["occurred_at"].as_str().unwrap_or_default()) < time(&middle)
    };
    let score = |row: &Value| row["score"].as_f64().unwrap_or_default();
    type Condition<'a> = &'a dyn Fn(&Value) -> bool;
    let conditions: [(&str, Condition<'_>); 13] = [
        ("decision=approve", &|row| row["decision"] == "approve"),
        ("decision=review", &|row| row["decision"] == "review"),
        ("decision=decline", &|row| row["decision"] == "decline"),
        ("label=fraud", &|row| row["label"] == "fraud"),
        ("label=genuine", &|row| row["label"] == "genuine"),
        ("label=unlabelled", &|row| row["label"].is_null()),
        ("customer_id=customer-7", &|row| {
            row["customer_id"] == "customer-7"
        }),
        ("terminal_id=terminal-2", &|row| {
            row["terminal_id"] == "terminal-2"
        }),
        ("minimum_score=0.01", &|row| score(row) >= 0.01),
        (&format!("from={middle}"), &|row| !before_middle(row)),
        (&format!("to={middle}"), &before_middle),
        ("decision=decline&label=fraud", &|row| {
            row["decision"] == "decline" && row["label"] == "fraud"
        }),
        (
            "customer_id=customer-3&terminal_id=terminal-1&minimum_score=0&label=unlabelled",
            &|row| row["customer_id"] == "customer-3" && row["terminal_id"] == "terminal-1",
        ),
    ];
    for (filter, condition) in conditions {
        let expected: Vec<_> = all.iter().filter(|row| condition(row)).cloned().collect();
        // Trees are sure of most purchases: which of the middling decisions occur is up to the model.
        let middling = ["decision=challenge", "decision=review"].contains(&filter);
        assert!(
            (middling || !expected.is_empty()) && expected.len() < all.len(),
            "{filter} shows nothing"
        );
        assert_eq!(ids(&filtered(&bank, filter)), ids(&expected), "{filter}");
    }
    for filter in [
        "customer_id=nobody",
        "terminal_id=nowhere",
        "minimum_score=1",
    ] {
        assert!(filtered(&bank, filter).is_empty(), "{filter}");
    }
}

#[test]
fn a_query_with_a_position_sees_what_was_written_before() {
    let bank = TestBank::start();
    for number in 0..50 {
        let id = format!("t-{number}");
        let answer = bank.assess(&Purchase::of(&id)).expect(201).json();
        let position = answer["position"].as_str().unwrap_or_default();
        let list = bank
            .query("/v1/transactions?limit=1", position)
            .expect(200)
            .json();
        assert_eq!(
            ids(list["transactions"]
                .as_array()
                .map_or(&[][..], Vec::as_slice)),
            [id.as_str()]
        );
        let detail = bank
            .query(&format!("/v1/transactions/{id}"), position)
            .expect(200);
        assert_eq!(detail.json()["position"], position);

        let label = label_as(&bank.payments(), &id, "fraud", "customer");
        let position = label["position"].as_str().unwrap_or_default();
        let detail = bank
            .query(&format!("/v1/transactions/{id}"), position)
            .expect(200);
        assert_eq!(detail.json()["label"], "fraud");
    }
}

#[test]
fn a_position_that_is_not_reached_in_time_is_an_answer_of_its_own() {
    let bank = TestBank::start();
    let answer = bank.assess(&Purchase::of("t")).expect(201).json();
    let future = far_beyond(answer["position"].as_str().unwrap_or_default());
    let waited = bank
        .payments()
        .get(&format!("/v1/transactions?position={future}"))
        .header("Request-Timeout", "50")
        .send()
        .expect(503);
    assert_eq!(waited.problem(), "position-not-reached");
    assert!(waited.header("retry-after").is_some());
}

/// A position of the same log that it will not reach.
fn far_beyond(token: &str) -> String {
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, token);
    let log = bytes.expect("a token")[..4].try_into().expect("four bytes");
    let sequence = Sequence(1_000_000);
    Position { log, sequence }.to_token()
}

/// Scores are stored in millionths.
const SCORE_STEP: f64 = 1e-6;

#[test]
fn an_explanation_adds_up_to_the_score() {
    let bank = bank_with_history();
    let mut decisions = std::collections::BTreeSet::new();
    for row in list_all(&bank, 500).iter().step_by(5) {
        let id = row["transaction_id"].as_str().unwrap_or_default();
        let detail = bank
            .payments()
            .get(&format!("/v1/transactions/{id}"))
            .send();
        let detail = detail.expect(200).json();
        let explanation = &detail["explanation"];
        let contributions = explanation["contributions"]
            .as_array()
            .expect("contributions");
        let base = explanation["base_log_odds"].as_f64().expect("a base");
        let sum: f64 = contributions
            .iter()
            .map(|contribution| contribution["log_odds"].as_f64().expect("a number"))
            .sum();
        let score = detail["score"].as_f64().expect("a score");
        let explained = 1.0 / (1.0 + (-(base + sum)).exp());
        assert!(
            (explained - score).abs() <= SCORE_STEP,
            "{explained} and {score} of {id}"
        );
        decisions.insert(detail["decision"].to_string());
    }
    assert!(decisions.len() > 1, "only {decisions:?}");
}

#[test]
fn a_transaction_tells_its_history() {
    let bank = TestBank::start();
    let purchase = Purchase::of("t").by("somebody");
    let told = bank.assess(&purchase).expect(201).json();
    label_as(&bank.payments(), "t", "fraud", "chargeback");
    let analyst = bank.caller(accord_service::Role::Analyst);
    let last = label_as(&analyst, "t", "genuine", "analyst");
    let position = last["position"].as_str().unwrap_or_default();

    let detail = bank
        .query("/v1/transactions/t", position)
        .expect(200)
        .json();
    for field in [
        "decision",
        "score",
        "occurred_at",
        "recorded_at",
        "reasons",
        "versions",
    ] {
        assert_eq!(detail[field], told[field], "{field}");
    }
    assert_eq!(detail["customer_id"], "somebody");
    assert_eq!(detail["label"], "genuine", "the newest label counts");
    assert_eq!(detail["erased"], false);
    let history: Vec<_> = detail["history"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| {
            [
                &entry["kind"],
                &entry["actor"],
                &entry["label"],
                &entry["source"],
                &entry["note"],
            ]
        })
        .collect();
    assert_eq!(
        json!(history),
        json!([
            ["assessed", "payment-system", null, null, null],
            [
                "labelled",
                "payment-system",
                "fraud",
                "chargeback",
                "fraud it is"
            ],
            ["labelled", "analyst", "genuine", "analyst", "genuine it is"],
        ])
    );
}

#[test]
fn the_overview_counts_what_was_decided() {
    let bank = bank_with_history();
    let all = list_all(&bank, 500);
    let overview = bank
        .payments()
        .get("/v1/overview")
        .send()
        .expect(200)
        .json();
    for decision in ["approve", "challenge", "review", "decline"] {
        let count = all.iter().filter(|row| row["decision"] == decision).count();
        assert_eq!(overview[decision], count, "{decision}");
    }
    let value: i64 = all
        .iter()
        .filter_map(|row| row["amount_minor"].as_i64())
        .sum();
    assert_eq!(overview["value_minor"], value);
    assert_eq!(overview["fraud_confirmed"], 2);
    for series in ["scores", "throughput"] {
        let sum: i64 = overview[series]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_i64)
            .sum();
        assert_eq!(sum, all.len() as i64, "{series}");
    }
}

#[test]
fn every_page_for_people_shows() {
    let bank = bank_with_history();
    let _ = list_all(&bank, 500);
    let analyst = bank.caller(accord_service::Role::Analyst);
    for (path, shows) in [
        ("/", "North"),
        ("/transactions", "t-49-dear"),
        ("/transactions?decision=decline&label=fraud", "t-49-dear"),
        ("/transactions/t-49-dear", "customer-49"),
        ("/transactions/t-0-0", "customer-0"),
    ] {
        let page = analyst.get(path).send().expect(200);
        assert!(
            page.header("content-type")
                .is_some_and(|kind| kind.starts_with("text/html"))
        );
        assert!(page.text().contains(shows), "{path} without {shows}");
    }
    analyst
        .get("/transactions/unknown")
        .header("Accept", "text/html")
        .send()
        .expect(404);
}
