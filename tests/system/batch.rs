//! A batch decides each of its lines as a request of its own would, and repeats nothing when it is sent again.

use serde_json::{Value, json};

use crate::support::{Answer, Purchase, TestBank};

fn send(bank: &TestBank, body: &str) -> Answer {
    bank.payments()
        .post("/v1/transactions/batch")
        .header("Content-Type", "application/x-ndjson")
        .header("Request-Timeout", "30000")
        .body(body)
        .send()
}

fn outcomes(answer: &Answer) -> Vec<Value> {
    answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON document a line"))
        .collect()
}

fn line(id: &str, amount_minor: i64) -> String {
    json!({
        "transaction_id": id, "customer_id": "customer-1", "terminal_id": "terminal-1",
        "amount_minor": amount_minor, "currency": "EUR",
    })
    .to_string()
}

#[test]
fn each_line_has_an_outcome_of_its_own() {
    let bank = TestBank::start();
    bank.assess(&Purchase::of("b-1").amount(100)).expect(201);
    let body = [
        line("b-1", 100),
        String::new(),
        line("b-2", 200),
        "{ not JSON".to_owned(),
        line("b-3", -1),
        line("b-1", 101),
        line("", 5),
    ]
    .join("\r\n");
    let answer = send(&bank, &body).expect(200);
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let outcomes = outcomes(&answer);
    let found: Vec<(u64, u64)> = outcomes
        .iter()
        .map(|outcome| (outcome["line"].as_u64(), outcome["status"].as_u64()))
        .map(|(line, status)| (line.expect("a line"), status.expect("a status")))
        .collect();
    assert_eq!(
        found,
        [(1, 201), (3, 201), (4, 400), (5, 422), (6, 422), (7, 422)]
    );
    assert_eq!(outcomes[0]["replayed"], true, "{}", outcomes[0]);
    assert_eq!(outcomes[1]["decision"]["transaction_id"], "b-2");
    assert_eq!(
        outcomes[3]["problem"]["errors"][0]["pointer"],
        "#/amount_minor"
    );
}

#[test]
fn a_batch_that_is_sent_again_repeats_nothing() {
    let mut bank = TestBank::start();
    let lines: Vec<String> = (0..200)
        .map(|number| line(&format!("b-{number}"), number))
        .collect();
    let body = lines.join("\n");
    let first = outcomes(&send(&bank, &body).expect(200));
    assert_eq!(first.len(), 200);
    let last = bank.last_sequence();
    bank.kill();
    bank.launch();
    let again = outcomes(&send(&bank, &body).expect(200));
    assert_eq!(bank.last_sequence(), last);
    for (first, again) in first.iter().zip(&again) {
        assert_eq!(again["replayed"], true, "{again}");
        assert_eq!(again["decision"], first["decision"]);
    }
}

#[test]
fn what_is_no_batch_is_refused_as_a_whole() {
    let bank = TestBank::start();
    let too_many = vec!["{}"; 1_001].join("\n");
    assert_eq!(send(&bank, &too_many).status, 413);
    assert_eq!(send(&bank, &" ".repeat((1 << 20) + 1)).status, 413);
    let as_json = bank
        .payments()
        .post("/v1/transactions/batch")
        .json(line("b-1", 1))
        .send();
    assert_eq!(as_json.status, 415);
    assert_eq!(send(&bank, "").expect(200).text(), "");
}
