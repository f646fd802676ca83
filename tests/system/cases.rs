//! Cases: a strict decision opens one, people work it one version after the other, and what they find is a label.

use accord_service::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, Purchase, TestBank, eventually};

/// A purchase that is far from anything that its customer did before, and so is declined.
fn alarming(transaction_id: &str, customer: &str) -> Purchase {
    // At a terminal of its own: a confirmed fraud makes the terminal's other transactions suspicious.
    Purchase::of(transaction_id)
        .by(customer)
        .at(&format!("terminal-of-{customer}"))
        .amount(91_250)
}

/// Lets a customer buy something small and then something alarming; gives the position of that.
pub fn open_case(bank: &TestBank, transaction_id: &str, customer: &str) -> String {
    let ordinary = Purchase::of(&format!("{transaction_id}-ordinary"))
        .by(customer)
        .at(&format!("terminal-of-{customer}"));
    bank.assess(&ordinary).expect(201);
    let answer = bank
        .assess(&alarming(transaction_id, customer))
        .expect(201)
        .json();
    assert_eq!(answer["decision"], "decline", "{answer}");
    answer["position"].as_str().expect("a position").to_owned()
}

/// The newest case of a customer.
pub fn case_of(bank: &TestBank, customer: &str, position: &str) -> Value {
    let path = format!("/v1/cases?state=any&sort=newest&customer_id={customer}");
    let list = bank.query(&path, position).expect(200).json();
    list["cases"][0].clone()
}

pub fn id_of(case: &Value) -> String {
    case["case_id"].as_str().expect("an id").to_owned()
}

/// Does something with a case, meant for one version of it.
pub fn work(caller: &Caller, case: &str, operation: &str, version: u64, body: Value) -> Answer {
    caller
        .post(&format!("/v1/cases/{case}/{operation}"))
        .header("If-Match", &format!("\"{version}\""))
        .json(body)
        .send()
}

fn detail(bank: &TestBank, case: &str, answer: &Answer) -> Value {
    let answer = answer.json();
    let position = answer["position"].as_str().expect("a position");
    bank.query(&format!("/v1/cases/{case}"), position)
        .expect(200)
        .json()
}

#[test]
fn a_case_is_opened_worked_resolved_and_undone() {
    let bank = TestBank::start();
    let analyst = bank.caller(Role::Analyst);
    let position = open_case(&bank, "t-1", "customer-9");
    let case = case_of(&bank, "customer-9", &position);
    assert_eq!(case["state"], "new");
    assert_eq!(case["customer_id"], "customer-9");
    assert_eq!(case["alerts"], 1);
    assert_eq!(case["version"], 1);
    let id = id_of(&case);

    let shown = bank
        .query(&format!("/v1/cases/{id}"), &position)
        .expect(200);
    assert_eq!(shown.header("etag"), Some("\"1\""));
    assert_eq!(shown.json()["transactions"][0]["transaction_id"], "t-1");

    let assigned = work(&analyst, &id, "assign", 1, json!({})).expect(200);
    assert_eq!(assigned.header("etag"), Some("\"2\""));
    let note = json!({ "note": "Called Mrs. Example, no answer." });
    work(&analyst, &id, "notes", 2, note).expect(200);
    let finding = json!({ "disposition": "confirmed_fraud", "note": "Not hers." });
    let resolved = work(&analyst, &id, "resolve", 3, finding).expect(200);
    let found = detail(&bank, &id, &resolved);
    assert_eq!(found["state"], "resolved");
    assert_eq!(found["disposition"], "confirmed_fraud");
    assert_eq!(found["transactions"][0]["label"], "fraud");
    let notes: Vec<&Value> = found["history"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.get("note"))
        .collect();
    assert_eq!(notes, ["Called Mrs. Example, no answer.", "Not hers."]);

    let reopened = work(&analyst, &id, "reopen", 4, json!({})).expect(200);
    let found = detail(&bank, &id, &reopened);
    assert_eq!(found["state"], "assigned");
    assert_eq!(found["transactions"][0]["label"], Value::Null);
    // What people wrote down is in the log, but not in clear.
    let folder = crate::support::folder::FolderImage::of(&bank.folder()).expect("readable");
    assert!(folder.holds(b"CaseNoted"), "the folder is looked through");
    assert!(!folder.holds(b"Mrs. Example"));
}

#[test]
fn a_change_names_the_version_that_it_is_meant_for() {
    let bank = TestBank::start();
    let analyst = bank.caller(Role::Analyst);
    let position = open_case(&bank, "t-1", "customer-9");
    let id = id_of(&case_of(&bank, "customer-9", &position));
    let path = format!("/v1/cases/{id}/assign");
    analyst.post(&path).json(json!({})).send().expect(428);
    let stale = work(&analyst, &id, "assign", 7, json!({}))
        .expect(412)
        .json();
    assert_eq!(stale["current_version"], 1);

    // The same key gives the same answer, though the version has moved on.
    let keyed = || {
        analyst
            .post(&path)
            .header("If-Match", "\"1\"")
            .header("Idempotency-Key", "take-it")
            .json(json!({}))
            .send()
    };
    let first = keyed().expect(200);
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = keyed().expect(200);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.json()["version"], 2);
    let other = analyst
        .post(&path)
        .header("If-Match", "\"2\"")
        .header("Idempotency-Key", "take-it")
        .json(json!({ "assignee": "ben" }));
    other.send().expect(422);
}

#[test]
fn what_an_analyst_may_not_do_a_supervisor_may() {
    let bank = TestBank::start();
    let (analyst, supervisor) = (bank.caller(Role::Analyst), bank.caller(Role::Approver));
    let position = open_case(&bank, "t-1", "customer-9");
    let id = id_of(&case_of(&bank, "customer-9", &position));
    work(&analyst, &id, "escalate", 1, json!({ "note": "too much" })).expect(200);
    let finding = json!({ "disposition": "genuine" });
    work(&analyst, &id, "resolve", 2, finding.clone()).expect(403);
    work(&supervisor, &id, "resolve", 2, finding).expect(200);
    work(&analyst, &id, "reopen", 3, json!({})).expect(403);
    work(&analyst, &id, "assign", 3, json!({})).expect(409);
    work(&analyst, "0000000000000000-1", "assign", 1, json!({})).expect(404);
    work(&analyst, "no-case", "assign", 1, json!({})).expect(404);
    work(&bank.caller(Role::Auditor), &id, "reopen", 3, json!({})).expect(403);
}

#[test]
fn bulk_work_is_decided_case_by_case() {
    let bank = TestBank::start();
    let analyst = bank.caller(Role::Analyst);
    let mut position = String::new();
    for customer in ["customer-1", "customer-2", "customer-3"] {
        position = open_case(&bank, &format!("t-{customer}"), customer);
    }
    let ids: Vec<String> = ["customer-1", "customer-2", "customer-3"]
        .iter()
        .map(|customer| id_of(&case_of(&bank, customer, &position)))
        .collect();
    let body = json!({
        "action": "resolve", "disposition": "genuine",
        "cases": [
            { "case_id": ids[0], "version": 1 },
            { "case_id": ids[1], "version": 5 },
            { "case_id": "nonsense", "version": 1 },
            { "case_id": ids[2], "version": 1 },
        ],
    });
    let answer = analyst
        .post("/v1/cases/bulk")
        .json(&body)
        .send()
        .expect(200)
        .json();
    let statuses: Vec<u64> = answer["results"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|result| result["status"].as_u64())
        .collect();
    assert_eq!(statuses, [200, 412, 404, 200]);
    assert_eq!(
        (&answer["succeeded"], &answer["failed"]),
        (&json!(2), &json!(2))
    );
    let list = bank
        .query(
            "/v1/cases",
            answer["position"].as_str().expect("a position"),
        )
        .expect(200)
        .json();
    assert_eq!(list["figures"]["open"], 1);

    for wrong in [
        json!({ "action": "resolve", "cases": [] }),
        json!({ "action": "assign", "disposition": "genuine", "cases": [{ "case_id": ids[1], "version": 1 }] }),
        json!({ "action": "resolve", "cases": [{ "case_id": ids[1], "version": 1 }] }),
        json!({ "action": "note", "cases": [{ "case_id": ids[1], "version": 1 }] }),
    ] {
        analyst
            .post("/v1/cases/bulk")
            .json(wrong)
            .send()
            .expect(422);
    }
}

#[test]
fn the_queue_is_read_page_by_page_in_every_order() {
    let bank = TestBank::start();
    let mut position = String::new();
    for customer in 0..7 {
        position = open_case(
            &bank,
            &format!("t-{customer}"),
            &format!("customer-{customer}"),
        );
    }
    for sort in ["priority", "due", "age", "newest"] {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/cases?limit=2&sort={sort}{cursor}");
            let page = bank.query(&path, &position).expect(200).json();
            for case in page["cases"].as_array().into_iter().flatten() {
                found.push(id_of(case));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 7, "{sort}");
    }
    let analyst = bank.caller(Role::Analyst);
    for wrong in [
        "state=closed",
        "sort=size",
        "limit=0",
        "severity=huge",
        "nonsense=1",
    ] {
        analyst
            .get(&format!("/v1/cases?{wrong}"))
            .send()
            .expect(422);
    }
    let nobody = bank
        .query("/v1/cases?customer_id=unknown", &position)
        .expect(200)
        .json();
    assert_eq!(nobody["cases"], json!([]));
}

#[test]
fn settings_say_what_raises_an_alert() {
    let bank = TestBank::start();
    let supervisor = bank.caller(Role::Approver);
    let before = supervisor.get("/v1/case-settings").send().expect(200);
    assert_eq!(before.header("etag"), Some("\"0\""));
    let settings = json!({
        "alert_from": "decline", "medium_loss_minor": 100, "high_loss_minor": 200, "low_due_minutes": 60,
        "medium_due_minutes": 30, "high_due_minutes": 10, "undo_minutes": 5,
    });
    let put = |version: &str, body: &Value| {
        supervisor
            .request("PUT", "/v1/case-settings")
            .header("If-Match", version)
            .json(body)
            .send()
    };
    put("\"0\"", &settings).expect(200);
    put("\"0\"", &settings).expect(412);
    let mut impossible = settings.clone();
    impossible["undo_minutes"] = json!(0);
    put("\"1\"", &impossible).expect(422);
    let position = open_case(&bank, "t-1", "customer-9");
    let case = case_of(&bank, "customer-9", &position);
    assert_eq!(case["severity"], "high");
    bank.caller(Role::Analyst)
        .request("PUT", "/v1/case-settings")
        .json(&settings)
        .send()
        .expect(403);
}

#[test]
fn a_label_that_comes_before_its_transaction_waits_for_it() {
    let bank = TestBank::start();
    let payments = bank.payments();
    let label = || {
        payments
            .post("/v1/transactions/early/labels")
            .header("Idempotency-Key", "chargeback-1")
            .json(json!({ "label": "fraud", "source": "chargeback" }))
            .send()
    };
    let parked = label().expect(202).json();
    assert_eq!(parked["parked"], true);
    assert_eq!(label().expect(202).json()["position"], parked["position"]);
    let position = parked["position"].as_str().expect("a position");
    let waiting = bank.query("/v1/parked-labels", position).expect(200).json();
    assert_eq!(waiting["parked_labels"][0]["transaction_id"], "early");
    let with_note = json!({ "label": "fraud", "source": "chargeback", "note": "whose?" });
    let request = payments
        .post("/v1/transactions/other/labels")
        .json(with_note);
    request.send().expect(422);

    bank.assess(&Purchase::of("early")).expect(201);
    let applied = eventually("the label on its transaction", || {
        let shown = payments
            .get("/v1/transactions/early")
            .send()
            .expect(200)
            .json();
        (shown["label"] == "fraud").then_some(shown)
    });
    assert_eq!(applied["history"][1]["actor"], "payment-system");
    eventually("nothing that waits", || {
        let waiting = payments.get("/v1/parked-labels").send().expect(200).json();
        (waiting["parked_labels"] == json!([])).then_some(())
    });
    // The same key still means the same label.
    assert_eq!(label().expect(202).json()["position"], parked["position"]);

    let unwanted = json!({ "label": "genuine", "source": "customer" });
    let unwanted = payments
        .post("/v1/transactions/never/labels")
        .json(unwanted);
    unwanted.send().expect(202);
    let discard = payments.request("DELETE", "/v1/parked-labels/never");
    discard.send().expect(200);
    discard.send().expect(404);
}

#[test]
fn customers_and_terminals_are_looked_up_and_exported() {
    let bank = TestBank::start();
    for number in 0..5 {
        let id = format!("t-{number}");
        let purchase = Purchase::of(&id)
            .by("customer-1")
            .at(&format!("terminal-{}", number % 2));
        bank.assess(&purchase).expect(201);
    }
    bank.assess(&Purchase::of("=other").by("customer-2").at("terminal-0"))
        .expect(201);
    let position = open_case(&bank, "dear", "customer-1");
    let customer = bank
        .query("/v1/customers/customer-1", &position)
        .expect(200)
        .json();
    assert_eq!(customer["statistics"]["transactions"], 7);
    assert_eq!(customer["statistics"]["declined"], 1);
    assert_eq!(customer["cases"].as_array().map(Vec::len), Some(1));
    let linked = |body: &Value, kind: &str| -> Vec<String> {
        body[kind]
            .as_array()
            .into_iter()
            .flatten()
            .map(|link| format!("{} {}", link["id"], link["transactions"]))
            .collect()
    };
    assert_eq!(
        linked(&customer, "terminals"),
        [
            "\"terminal-0\" 3",
            "\"terminal-of-customer-1\" 2",
            "\"terminal-1\" 2"
        ]
    );
    let terminal = bank
        .query("/v1/terminals/terminal-0", &position)
        .expect(200)
        .json();
    assert_eq!(terminal["customer_count"], 2);
    assert_eq!(
        linked(&terminal, "customers"),
        ["\"customer-1\" 3", "\"customer-2\" 1"]
    );
    bank.query("/v1/customers/nobody", &position).expect(404);
    bank.query("/v1/terminals/nowhere", &position).expect(404);

    let export = |filter: &str| {
        let path = format!("/v1/exports/transactions.csv?{filter}");
        bank.query(&path, &position).expect(200).text().to_owned()
    };
    let lines = |text: &str| text.lines().count();
    assert_eq!(lines(&export("terminal_id=terminal-0")), 1 + 4);
    assert_eq!(lines(&export("customer_id=nobody")), 1);
    assert!(export("customer_id=customer-2").contains("\r\n'=other,customer-2,terminal-0,"));
}

#[test]
fn rebuilt_cases_are_the_same() {
    let bank = TestBank::start();
    let analyst = bank.caller(Role::Analyst);
    let position = open_case(&bank, "t-1", "customer-9");
    let id = id_of(&case_of(&bank, "customer-9", &position));
    work(
        &analyst,
        &id,
        "resolve",
        1,
        json!({ "disposition": "genuine" }),
    )
    .expect(200);
    let reopened = work(&analyst, &id, "reopen", 2, json!({})).expect(200);
    let before = detail(&bank, &id, &reopened);
    for name in ["cases", "transactions", "parked_labels", "webhooks"] {
        let path = format!("/v1/read-models/{name}/rebuild");
        bank.administrator().post(&path).send().expect(200);
    }
    let same = |after: &Value| {
        ["state", "version", "transactions", "history", "due_at"]
            .iter()
            .all(|field| after[field] == before[field])
    };
    eventually("the rebuilt tables", || {
        let after = bank
            .administrator()
            .get(&format!("/v1/cases/{id}"))
            .send()
            .expect(200)
            .json();
        same(&after).then_some(())
    });
}
