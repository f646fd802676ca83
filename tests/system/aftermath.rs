//! What happens to a transaction after it was decided is recorded beside it, and what was decided elsewhere counts.

use accord_service::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Purchase, TestBank};

fn said(bank: &TestBank, path: &str, body: Value) -> Answer {
    bank.payments().post(path).json(body).send()
}

fn kinds(bank: &TestBank, transaction: &str, position: &Value) -> Vec<String> {
    let position = position.as_str().expect("a position");
    let detail = bank
        .query(&format!("/v1/transactions/{transaction}"), position)
        .expect(200)
        .json();
    let history = detail["history"].as_array().expect("a history").clone();
    history
        .iter()
        .map(|entry| entry["kind"].as_str().expect("a kind").to_owned())
        .collect()
}

#[test]
fn refunds_and_reversals_stand_beside_their_transaction_and_exclude_each_other() {
    let mut bank = TestBank::start();
    for id in ["refunded", "reversed"] {
        bank.assess(&Purchase::of(id).amount(2_000)).expect(201);
    }
    let refund = |amount_minor: i64| json!({ "amount_minor": amount_minor });
    let path = "/v1/transactions/refunded/refunds";
    said(&bank, path, refund(1_500)).expect(201);
    let too_much = said(&bank, path, refund(501)).expect(422);
    assert_eq!(too_much.json()["errors"][0]["pointer"], "#/amount_minor");
    let keyed = bank
        .payments()
        .post(path)
        .header("Idempotency-Key", "k-1")
        .json(refund(500));
    let first = keyed.send().expect(201);
    assert!(!first.is_replayed());
    bank.kill();
    bank.launch();
    let keyed = bank
        .payments()
        .post(path)
        .header("Idempotency-Key", "k-1")
        .json(refund(500));
    let again = keyed.send().expect(201);
    assert!(again.is_replayed());
    assert_eq!(again.json()["position"], first.json()["position"]);
    let other = bank
        .payments()
        .post(path)
        .header("Idempotency-Key", "k-1")
        .json(refund(400));
    other.send().expect(422);
    let reversal = json!({ "cause": "merchant" });
    said(
        &bank,
        "/v1/transactions/refunded/reversal",
        reversal.clone(),
    )
    .expect(409);
    let position = &again.json()["position"];
    assert_eq!(
        kinds(&bank, "refunded", position),
        ["assessed", "refunded", "refunded"]
    );

    let path = "/v1/transactions/reversed/reversal";
    let reversed = said(&bank, path, reversal.clone()).expect(201).json();
    said(&bank, path, reversal).expect(409);
    said(&bank, "/v1/transactions/reversed/refunds", refund(1)).expect(409);
    assert_eq!(
        kinds(&bank, "reversed", &reversed["position"]),
        ["assessed", "reversed"]
    );
    let page = bank
        .administrator()
        .get("/transactions/reversed")
        .send()
        .expect(200);
    assert!(page.text().contains("Reversed (merchant)"));
}

#[test]
fn only_what_was_challenged_can_be_answered() {
    let bank = TestBank::start();
    bank.assess(&Purchase::of("approved").amount(500))
        .expect(201);
    let answer = json!({ "outcome": "passed" });
    said(&bank, "/v1/transactions/approved/challenge", answer.clone()).expect(409);
    said(&bank, "/v1/transactions/unheard/challenge", answer).expect(404);
    let advised = json!({
        "transaction": {
            "transaction_id": "challenged", "customer_id": "customer-1", "terminal_id": "terminal-1",
            "amount_minor": 900, "currency": "EUR",
        },
        "decision": "challenge", "decided_by": "scheme",
    });
    said(&bank, "/v1/advices", advised).expect(201);
    let path = "/v1/transactions/challenged/challenge";
    let failed = json!({ "outcome": "failed" });
    let answered = said(&bank, path, failed.clone()).expect(201).json();
    said(&bank, path, failed).expect(409);
    assert_eq!(
        kinds(&bank, "challenged", &answered["position"]),
        ["advised", "challenge_answered"]
    );
    said(&bank, path, json!({ "outcome": "maybe" })).expect(422);
}

#[test]
fn what_was_decided_elsewhere_keeps_that_decision_and_counts() {
    let bank = TestBank::start();
    let advice = |decision: &str| {
        json!({
            "transaction": {
                "transaction_id": "away", "customer_id": "customer-1", "terminal_id": "terminal-1",
                "amount_minor": 900, "currency": "EUR",
            },
            "decision": decision, "decided_by": "processor",
        })
    };
    let advised = said(&bank, "/v1/advices", advice("decline")).expect(201);
    assert!(
        said(&bank, "/v1/advices", advice("decline"))
            .expect(201)
            .is_replayed()
    );
    said(&bank, "/v1/advices", advice("approve")).expect(422);
    bank.assess(&Purchase::of("away").amount(900)).expect(422);
    let position = advised.json()["position"].clone();
    let detail = bank
        .query(
            "/v1/transactions/away",
            position.as_str().expect("a position"),
        )
        .expect(200)
        .json();
    assert_eq!(detail["decision"], "decline", "{detail}");
    assert_eq!(detail["history"][0]["detail"], "processor", "{detail}");
    let next = bank
        .assess(&Purchase::of("next").amount(900))
        .expect(201)
        .json();
    let shown = bank
        .query(
            "/v1/transactions/next",
            next["position"].as_str().expect("a position"),
        )
        .expect(200)
        .json();
    let contributions = shown["explanation"]["contributions"]
        .as_array()
        .expect("contributions")
        .clone();
    let count = contributions
        .iter()
        .find(|one| one["feature"] == "customer_count_1_hour")
        .expect("the feature");
    assert_eq!(count["value"], 2.0, "{count}");
    let analyst = bank.caller(Role::Analyst);
    let refused = analyst.post("/v1/advices").json(advice("decline")).send();
    assert_eq!(refused.status, 403);
}
