//! The same request, however often and whenever it comes, is decided once and answered the same.

use serde_json::json;

use crate::support::{Answer, Purchase, TestBank, log_tool};
use accord_service::Role;

const AT_ONCE: usize = 50;

fn assert_one_answer(answers: &[Answer]) {
    let first = &answers[0];
    for answer in answers {
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(answer.text(), first.text());
    }
}

#[test]
fn fifty_equal_requests_at_once_are_one_decision_with_one_answer() {
    let mut bank = TestBank::start();
    for purchase in [
        Purchase::of("same"),
        Purchase::without_id().keyed("same-key"),
    ] {
        let before = bank.last_sequence();
        let answers = bank.assess_all(&vec![purchase.clone(); AT_ONCE]);
        assert_one_answer(&answers);
        let decided = answers.iter().filter(|answer| !answer.is_replayed());
        assert_eq!(decided.count(), 1, "{purchase:?}");
        assert_eq!(bank.last_sequence(), before + 1, "{purchase:?}");

        for restart in [TestBank::kill, |bank: &mut TestBank| {
            bank.stop();
        }] {
            restart(&mut bank);
            bank.launch();
            let again = bank.assess(&purchase);
            assert!(again.is_replayed());
            assert_one_answer(&[answers[0].clone(), again]);
        }
        assert_eq!(bank.last_sequence(), before + 1, "{purchase:?}");
    }
}

#[test]
fn a_transaction_id_with_other_content_is_refused() {
    let mut bank = TestBank::start();
    let original = Purchase::of("taken").occurred_at("2020-01-01T00:00:00Z");
    // A rejection is not remembered: the id is still free.
    assert_eq!(
        bank.assess(&original).expect(422).problem(),
        "invalid-field"
    );
    bank.assess(&Purchase::of("taken")).expect(201);
    let last = bank.last_sequence();
    for restarted in [false, true] {
        if restarted {
            bank.kill();
            bank.launch();
        }
        for other in [
            Purchase::of("taken").amount(1_251),
            Purchase::of("taken").at("terminal-2"),
            Purchase::of("taken").occurred(chrono::TimeDelta::zero()),
            // Customers live in different partitions; the id is still one.
            Purchase::of("taken").by("customer-2"),
            Purchase::of("taken").by("customer-3"),
            Purchase::of("taken").by("customer-4"),
            Purchase::of("taken").by("customer-5"),
        ] {
            let answer = bank.assess(&other).expect(422);
            assert_eq!(answer.problem(), "idempotency-key-reused", "{other:?}");
        }
    }
    assert_eq!(bank.last_sequence(), last);
}

#[test]
fn fifty_different_requests_for_one_id_are_one_decision() {
    let bank = TestBank::start();
    let purchases: Vec<_> = (0..AT_ONCE)
        .map(|number| Purchase::of("contested").by(&format!("customer-{number}")))
        .collect();
    let answers = bank.assess_all(&purchases);
    let won = answers.iter().filter(|answer| answer.status == 201);
    assert_eq!(won.count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.problem(), "idempotency-key-reused");
    }
    let events = log_tool::events_of_type(&bank.folder(), "TransactionAssessed");
    assert_eq!(events.len(), 1);
}

#[test]
fn a_key_gives_a_transaction_its_id_and_belongs_to_its_caller() {
    let bank = TestBank::start();
    let id = |answer: Answer| answer.expect(201).json()["transaction_id"].clone();
    let keyed = |key: &str| Purchase::without_id().keyed(key);
    let first = id(bank.assess(&keyed("a")));
    assert_eq!(id(bank.assess(&keyed("a"))), first);
    assert_ne!(id(bank.assess(&keyed("b"))), first);
    let of_another_caller = keyed("a").request(&bank.administrator()).send();
    assert_ne!(id(of_another_caller), first);
    let other_content = bank.assess(&keyed("a").amount(1)).expect(422);
    assert_eq!(other_content.problem(), "idempotency-key-reused");

    let unkeyed = Purchase::without_id();
    assert_ne!(id(bank.assess(&unkeyed)), id(bank.assess(&unkeyed)));
    // With an id of its own a transaction needs no key, and its key does not matter.
    let with_both = Purchase::of("own-id").keyed("a");
    assert_eq!(id(bank.assess(&with_both)), "own-id");
}

#[test]
fn a_label_under_a_key_is_given_once() {
    let mut bank = TestBank::start();
    bank.assess(&Purchase::of("t-1")).expect(201);
    bank.assess(&Purchase::of("t-2")).expect(201);
    let label = |bank: &TestBank, role: Role, id: &str, key: Option<&str>, label: &str| {
        let request = bank
            .caller(role)
            .post(&format!("/v1/transactions/{id}/labels"))
            .json(json!({ "label": label, "source": "chargeback", "note": "seen twice" }));
        match key {
            Some(key) => request.header("Idempotency-Key", key).send(),
            None => request.send(),
        }
    };
    let before = bank.last_sequence();
    let first = label(&bank, Role::PaymentSystem, "t-1", Some("k"), "fraud").expect(201);
    bank.kill();
    bank.launch();
    let again = label(&bank, Role::PaymentSystem, "t-1", Some("k"), "fraud").expect(201);
    assert_eq!(again.text(), first.text());
    assert_eq!(bank.last_sequence(), before + 1);

    for (id, other) in [("t-1", "genuine"), ("t-2", "fraud")] {
        let answer = label(&bank, Role::PaymentSystem, id, Some("k"), other).expect(422);
        assert_eq!(answer.problem(), "idempotency-key-reused", "{id} {other}");
    }
    assert_eq!(bank.last_sequence(), before + 1);

    // Another caller's key, and no key at all, are labels of their own.
    label(&bank, Role::Analyst, "t-1", Some("k"), "fraud").expect(201);
    label(&bank, Role::PaymentSystem, "t-1", None, "fraud").expect(201);
    label(&bank, Role::PaymentSystem, "t-1", None, "fraud").expect(201);
    assert_eq!(bank.last_sequence(), before + 4);
}
