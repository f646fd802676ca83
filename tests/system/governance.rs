//! A rule goes from a draft to decisions through two people; one person alone can only switch it off.

use accord_service::{Role, api_key::KeyHash};
use serde_json::{Value, json};

use crate::support::{Answer, Caller, Purchase, TestBank};

fn large_is_declined(mode: &str) -> Value {
    json!({
        "id": "large", "condition": "amount > 100.0", "outcome": "decline", "mode": mode, "reason": "Large",
    })
}

fn draft(author: &Caller, body: &Value) -> Answer {
    author.post("/v1/policy-drafts").json(body).send()
}

fn number(answer: &Answer) -> u64 {
    answer.json()["draft"].as_u64().expect("a draft")
}

/// Takes a draft through submission, approval and activation.
fn activate(bank: &TestBank, draft: u64) -> Answer {
    let (author, approver) = (bank.caller(Role::RuleAuthor), bank.caller(Role::Approver));
    let path = format!("/v1/policy-drafts/{draft}");
    let submitted = author.post(&format!("{path}/submission")).json("{}").send();
    let position = submitted.expect(200).json()["position"].clone();
    let shown = bank
        .query(&path, position.as_str().expect("a position"))
        .expect(200);
    let approval = json!({ "candidate_hash": shown.json()["candidate_hash"] });
    approver
        .post(&format!("{path}/approval"))
        .json(approval)
        .send()
        .expect(200);
    author.post(&format!("{path}/activation")).json("{}").send()
}

#[track_caller]
fn decided(bank: &TestBank, id: &str, amount_minor: i64, decision: &str) -> Value {
    let answer = bank
        .assess(&Purchase::of(id).amount(amount_minor))
        .expect(201)
        .json();
    assert_eq!(answer["decision"], decision, "{answer}");
    answer
}

#[test]
fn a_rule_decides_once_a_second_person_has_approved_it() {
    let mut bank = TestBank::start();
    let author = bank.caller(Role::RuleAuthor);
    let body = json!({ "title": "Stop large ones", "put_rules": [large_is_declined("active")] });
    let drafted = draft(&author, &body).expect(201);
    assert_eq!(drafted.header("etag"), Some("\"1\""));
    decided(&bank, "before", 20_000, "approve");

    let activated = activate(&bank, number(&drafted)).expect(202).json();
    assert_eq!(activated["version"], 2);
    let answer = decided(&bank, "after", 20_000, "decline");
    let hit = json!([{ "rule": "large", "version": 1, "shadow": false, "reason": "Large" }]);
    assert_eq!(answer["rule_hits"], hit);
    decided(&bank, "small", 1_000, "approve");

    let position = answer["position"].as_str().expect("a position");
    let policy = bank.query("/v1/policy", position).json();
    assert_eq!(policy["adopted"], policy["partitions"]);
    let rules = bank.query("/v1/rules", position).expect(200).json();
    assert_eq!(rules["rules"][0]["hits_total"], 1, "{rules}");
    let detail = bank
        .query("/v1/transactions/after", position)
        .expect(200)
        .json();
    assert_eq!(detail["rule_hits"], hit);

    bank.stop();
    bank.launch();
    decided(&bank, "after-restart", 20_000, "decline");
}

#[test]
fn one_person_alone_changes_nothing_whatever_the_roles_and_keys() {
    let mut bank = TestBank::prepared();
    // Two keys of one person, one for each role.
    let mut keys = String::new();
    for role in ["rule-author", "approver"] {
        keys += &format!(
            "[[api_keys]]\nid = \"ravi-{role}\"\nname = \"Ravi\"\nroles = [\"{role}\"]\nperson = \"ravi\"\nsha256 = \"{}\"\n",
            KeyHash::of(&format!("ravi-{role}")).to_hex()
        );
    }
    bank.configure(&keys);
    bank.launch();
    let as_author = Caller::with_key(bank.address(), "ravi-rule-author");
    let as_approver = Caller::with_key(bank.address(), "ravi-approver");
    let body = json!({ "title": "Alone", "put_rules": [large_is_declined("active")] });
    for (author, approver) in [
        (bank.administrator(), bank.administrator()),
        (as_author, as_approver),
    ] {
        let drafted = draft(&author, &body).expect(201);
        let path = format!("/v1/policy-drafts/{}", number(&drafted));
        let submitted = author
            .post(&format!("{path}/submission"))
            .json("{}")
            .send()
            .expect(200);
        let position = submitted.json()["position"].clone();
        let shown = bank
            .query(&path, position.as_str().expect("a position"))
            .json();
        let approved = approver
            .post(&format!("{path}/approval"))
            .json(json!({ "candidate_hash": shown["candidate_hash"] }))
            .send();
        assert_eq!(approved.status, 403, "{}", approved.text());
        assert_eq!(approved.problem(), "forbidden");
        let activated = author.post(&format!("{path}/activation")).json("{}").send();
        assert_eq!(activated.status, 409, "{}", activated.text());
    }
    decided(&bank, "t", 20_000, "approve");
}

#[test]
fn an_approval_of_something_else_than_what_is_submitted_is_refused() {
    let bank = TestBank::start();
    let (author, approver) = (bank.caller(Role::RuleAuthor), bank.caller(Role::Approver));
    let body = json!({ "title": "First", "put_rules": [large_is_declined("active")] });
    let drafted = draft(&author, &body).expect(201);
    let path = format!("/v1/policy-drafts/{}", number(&drafted));
    let submitted = author.post(&format!("{path}/submission")).json("{}").send();
    let position = submitted.expect(200).json()["position"].clone();
    let shown = bank
        .query(&path, position.as_str().expect("a position"))
        .expect(200)
        .json();

    let revised = json!({ "title": "Second", "put_rules": [large_is_declined("shadow")] });
    let put = |etag: Option<&str>| {
        let request = author.request("PUT", &path).json(&revised);
        match etag {
            Some(etag) => request.header("If-Match", etag).send(),
            None => request.send(),
        }
    };
    assert_eq!(put(None).status, 400);
    assert_eq!(put(Some("\"1\"")).status, 412);
    assert_eq!(put(Some("\"2\"")).expect(200).header("etag"), Some("\"3\""));
    author
        .post(&format!("{path}/submission"))
        .json("{}")
        .send()
        .expect(200);
    let approved = approver
        .post(&format!("{path}/approval"))
        .json(json!({ "candidate_hash": shown["candidate_hash"] }))
        .send();
    assert_eq!(
        (approved.status, approved.problem().as_str()),
        (409, "conflict")
    );
}

#[test]
fn what_is_wrong_with_a_draft_is_said_with_its_place_and_leaves_no_trace() {
    let bank = TestBank::start();
    let author = bank.caller(Role::RuleAuthor);
    let last = bank.last_sequence();
    let mut misspelt = large_is_declined("active");
    misspelt["condition"] = json!("amuont > 100.0");
    let answer = draft(&author, &json!({ "title": "x", "put_rules": [misspelt] }));
    assert_eq!(answer.status, 422);
    let error = &answer.json()["errors"][0];
    assert_eq!(error["pointer"], "#/put_rules/0/condition");
    assert_eq!(
        error["detail"],
        "line 1, column 1: there is no field `amuont`; did you mean `amount`?"
    );
    for (body, status, says) in [
        (
            json!({ "title": "x", "thresholds": { "challenge": 0.5, "review": 0.1, "decline": 0.9 } }),
            422,
            "#/thresholds",
        ),
        (
            json!({ "title": "", "put_rules": [large_is_declined("active")] }),
            422,
            "#/title",
        ),
        (
            json!({ "title": "x", "remove_rules": ["nobody"] }),
            422,
            "#/remove_rules/0",
        ),
        (
            json!({ "title": "x", "list_changes": [{ "action": "add", "list": "block", "kind": "card" }] }),
            422,
            "give a value",
        ),
        (json!({ "title": "x", "put_rulez": [] }), 422, "put_rules"),
        (
            json!({ "title": "x", "list_changes": [{ "action": "add", "list": "blokc", "kind": "card", "value": "c" }] }),
            422,
            "block",
        ),
    ] {
        let answer = draft(&author, &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(answer.text().contains(says), "{body}: {}", answer.text());
    }
    assert_eq!(bank.last_sequence(), last);

    let check = author
        .post("/v1/rules/validate")
        .json(json!({ "condition": "amount > \"x\"" }))
        .send()
        .expect(200);
    assert_eq!(check.json()["valid"], false);
    assert_eq!(check.json()["faults"][0]["column"], 8);
}

#[test]
fn a_draft_sent_twice_under_one_key_is_one_draft() {
    let bank = TestBank::start();
    let author = bank.caller(Role::RuleAuthor);
    let send = |title: &str| {
        author
            .post("/v1/policy-drafts")
            .header("Idempotency-Key", "change-1")
            .json(json!({ "title": title, "put_rules": [large_is_declined("active")] }))
            .send()
    };
    let (first, again) = (send("one").expect(201), send("one").expect(201));
    assert_eq!(number(&first), number(&again));
    assert!(!first.is_replayed() && again.is_replayed());
    assert_eq!(send("another").problem(), "idempotency-key-reused");
}

#[test]
fn a_rule_is_off_at_once_and_waits_for_a_second_person() {
    let bank = TestBank::start();
    let author = bank.caller(Role::RuleAuthor);
    let body = json!({ "title": "Stop large ones", "put_rules": [large_is_declined("active")] });
    activate(&bank, number(&draft(&author, &body).expect(201))).expect(202);
    decided(&bank, "on", 20_000, "decline");

    let off = bank
        .caller(Role::Operator)
        .post("/v1/rules/large/switch-off")
        .json(json!({ "reason": "stops everybody" }))
        .send()
        .expect(202);
    decided(&bank, "off", 20_000, "approve");
    let position = off.json()["position"]
        .as_str()
        .expect("a position")
        .to_owned();
    let rules = bank.query("/v1/rules", &position).json();
    assert_eq!(rules["rules"][0]["mode"], "off");
    assert_eq!(rules["rules"][0]["switched_off"]["person"], "operator");
    let page = bank.query("/rules", &position).expect(200).text();
    assert!(page.contains("waits for a second person"), "{page}");

    let back = bank
        .caller(Role::Approver)
        .post("/v1/rules/large/switch-off/review")
        .json(json!({ "confirmed": false, "reason": "it was right" }))
        .send();
    back.expect(202);
    decided(&bank, "back", 20_000, "decline");
}

#[test]
fn a_blocked_card_is_declined_whoever_pays_with_it() {
    let bank = TestBank::start();
    let author = bank.caller(Role::RuleAuthor);
    let body = json!({
        "title": "Stolen",
        "list_changes": [
            { "action": "add", "list": "block", "kind": "card", "value": "card-1", "comment": "stolen" },
            { "action": "add", "list": "allow", "kind": "customer", "value": "customer-9" },
        ],
    });
    let activated = activate(&bank, number(&draft(&author, &body).expect(201))).expect(202);
    let with_card = |id: &str, customer: &str| {
        let body = json!({
            "transaction_id": id, "customer_id": customer, "card_id": "card-1", "terminal_id": "terminal-1",
            "amount_minor": 1_250, "currency": "EUR",
        });
        bank.payments()
            .post("/v1/transactions")
            .json(body)
            .send()
            .expect(201)
            .json()
    };
    for customer in ["customer-1", "customer-9"] {
        let answer = with_card(&format!("by-{customer}"), customer);
        assert_eq!(answer["decision"], "decline");
        assert!(answer["lists"].to_string().contains("block"), "{answer}");
    }
    let position = activated.json()["position"]
        .as_str()
        .expect("a position")
        .to_owned();
    let lists = bank.query("/v1/lists?list=block", &position).expect(200);
    assert_eq!(lists.json()["entries"][0]["hint"], "…d-1");
    // The card's number itself is nowhere in the answer.
    assert!(!lists.text().contains("card-1"), "{}", lists.text());
}

#[test]
fn the_editor_shows_a_fault_beneath_its_field_and_keeps_what_was_written() {
    let bank = TestBank::start();
    let author = bank.caller(Role::RuleAuthor);
    let post = |condition: &str| {
        author
            .post("/rules/edit")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!(
                "key=k1&id=large&condition={condition}&outcome=review&mode=shadow&reason=Large&title=Large"
            ))
            .send()
    };
    let refused = post("amuont+%3E+5.0");
    assert_eq!(refused.status, 422);
    let page = refused.text();
    assert!(
        page.contains("did you mean `amount`?") && page.contains("amuont &gt; 5.0"),
        "{page}"
    );
    let saved = post("amount+%3E+5.0");
    assert_eq!(saved.status, 303, "{}", saved.text());
    let location = saved.header("location").expect("a location").to_owned();
    let shown = author.get(&location).send().expect(200).text();
    assert!(
        shown.contains("rule large") && shown.contains("Submit for approval"),
        "{shown}"
    );
    for path in ["/rules", "/rules/edit", "/lists", "/approvals"] {
        author.get(path).send().expect(200);
    }
}
