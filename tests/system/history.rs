//! A bank's history: taken over from a file, also after a kill; made again decision by decision; run through with
//! another policy.

use std::{fmt::Write, fs, process::Stdio};

use accord_service::Role;
use serde_json::{Value, json};

use crate::support::{
    Answer, Purchase, TestBank,
    binary::{accord, run},
    database, eventually, log_tool,
};

/// A table of purchases, one a minute, every twentieth fraud.
fn table(rows: usize) -> String {
    let mut text = String::from(
        "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,DECISION\n",
    );
    for row in 0..rows {
        let at = chrono::DateTime::from_timestamp(1_700_000_000 + 60 * row as i64, 0).unwrap();
        let decision = if row % 50 == 0 { "decline" } else { "approve" };
        writeln!(
            text,
            "h{row},{},c{},m{},{}.25,{},{decision}",
            at.format("%Y-%m-%d %H:%M:%S"),
            row % 97,
            row % 13,
            5 + row % 300,
            u8::from(row % 20 == 0),
        )
        .unwrap();
    }
    text
}

/// Runs a command of `risk` on a bank's configuration and gives its JSON.
fn risk(bank: &TestBank, arguments: &[&str]) -> (bool, Value) {
    let config = bank.config().display().to_string();
    let mut all = vec!["risk"];
    all.extend(arguments);
    all.extend(["--config", &config, "--json"]);
    let output = run(&all);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{all:?}: {said}{errors}"));
    (output.status.success(), json)
}

#[test]
fn an_import_that_was_killed_is_finished_by_the_same_command() {
    let mut bank = TestBank::prepared();
    let file = bank.scratch().join("history.csv");
    fs::write(&file, table(60_000)).expect("a writable folder");
    let path = file.display().to_string();
    let before = log_tool::events(&bank.folder()).len();

    let mut killed = accord()
        .args(["risk", "import", &path, "--skip-read-models", "--config"])
        .arg(bank.config())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    // Killed somewhere in the middle: once something of it is in the log.
    let segment = bank.folder().join("log/00000000000000000001.segment-wal");
    eventually("a commit of the import", || {
        fs::metadata(&segment)
            .is_ok_and(|file| file.len() > 200_000)
            .then_some(())
    });
    killed.kill().expect("a child of this test");
    killed.wait().expect("a child of this test");

    let (done, report) = risk(&bank, &["import", &path, "--skip-read-models"]);
    assert!(done, "{report}");
    let count = |name: &str| report[name].as_u64().expect("a count");
    assert_eq!(count("transactions") + count("known_transactions"), 60_000);
    let (_, again) = risk(&bank, &["import", &path]);
    assert_eq!(again["transactions"], 0, "{again}");
    assert_eq!(again["known_transactions"], 60_000);

    log_tool::assert_sound(&bank.folder());
    let events = log_tool::events(&bank.folder()).len() - before;
    assert_eq!(
        events,
        60_000 + 3_000,
        "each transaction and each label once"
    );
    let (holds, derived) = risk(&bank, &["re-derive"]);
    assert!(holds, "{derived}");
    assert_eq!(derived["counts"]["identical"], 60_000);

    bank.launch();
    let shown = bank
        .administrator()
        .get("/v1/transactions/h100")
        .send()
        .expect(200)
        .json();
    assert_eq!(shown["decision"], "decline", "{shown}");
}

#[test]
fn a_file_that_is_wrong_is_refused_with_the_line_and_a_busy_folder_with_its_process() {
    let bank = TestBank::start();
    let file = bank.scratch().join("history.csv");
    fs::write(&file, table(3).replace("h1,", ",")).expect("a writable folder");
    let config = bank.config().display().to_string();
    let path = file.display().to_string();
    let arguments = ["risk", "import", &path, "--config", &config];
    let said = String::from_utf8_lossy(&run(&arguments).stderr).into_owned();
    assert!(said.contains("in use by another process"), "{said}");

    let mut bank = bank;
    bank.stop();
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("line 3: TRANSACTION_ID"), "{said}");
    let (_, report) = risk(&bank, &["import", &path, "--skip-bad"]);
    assert_eq!(report["bad_lines"], 1, "{report}");
    assert_eq!(report["bad_lines_told"][0]["line"], 3);
}

#[test]
fn every_decision_comes_out_as_it_is_stored_and_a_changed_one_is_found() {
    let mut bank = TestBank::start();
    for number in 0..40 {
        bank.assess(
            &Purchase::of(&format!("t-{number}"))
                .by(&format!("customer-{}", number % 7))
                .amount(1_000 + 997 * number),
        )
        .expect(201);
    }
    bank.stop();
    let (holds, report) = risk(&bank, &["re-derive"]);
    assert!(holds, "{report}");
    assert_eq!(report["counts"], json!({ "identical": 40 }), "{report}");

    // Somebody who can write to the file changes a score; the chain and the derivation both tell.
    let segment = bank.folder().join("log/00000000000000000001.segment");
    database::execute(
        &segment,
        "UPDATE commits SET events = replace(events, '\"score\":0.', '\"score\":0.9')",
    );
    let (holds, report) = risk(&bank, &["re-derive"]);
    assert!(!holds, "{report}");
    assert!(
        !report["chain_faults"].as_array().unwrap().is_empty(),
        "{report}"
    );
    assert!(report["counts"]["different"].as_u64() > Some(0), "{report}");
}

fn wait_for_back_test(bank: &TestBank, id: &str) -> Value {
    eventually("a finished back-test", || {
        let shown = bank
            .administrator()
            .get(&format!("/v1/back-tests/{id}"))
            .send()
            .expect(200)
            .json();
        (shown["state"] != "running").then_some(shown)
    })
}

fn submit(bank: &TestBank, draft: u64, back_test: &str) -> Answer {
    bank.caller(Role::RuleAuthor)
        .post(&format!("/v1/policy-drafts/{draft}/submission"))
        .json(json!({ "back_test": back_test }))
        .send()
}

#[test]
fn a_back_test_goes_with_exactly_the_draft_that_it_was_made_of() {
    let mut bank = TestBank::start();
    let mut position = String::new();
    for number in 0..60 {
        let purchase = Purchase::of(&format!("t-{number}"))
            .by(&format!("customer-{}", number % 7))
            .amount(if number % 3 == 0 { 50_000 } else { 1_000 });
        let answer = bank.assess(&purchase).expect(201).json();
        position = answer["position"].as_str().expect("a position").to_owned();
    }
    bank.query("/v1/transactions/t-59", &position).expect(200);
    let author = bank.caller(Role::RuleAuthor);
    let rule = |limit: &str| {
        json!({
            "title": "Stop large ones",
            "put_rules": [{ "id": "large", "condition": format!("amount > {limit}"), "outcome": "decline", "mode": "active", "reason": "Large" }],
        })
    };
    let drafted = author
        .post("/v1/policy-drafts")
        .json(rule("100.0"))
        .send()
        .expect(201)
        .json();
    let draft = drafted["draft"].as_u64().expect("a draft");
    let at = drafted["position"].as_str().expect("a position");
    bank.query(&format!("/v1/policy-drafts/{draft}"), at)
        .expect(200);

    let refused = author
        .post("/v1/back-tests")
        .json(json!({ "draft": 99 }))
        .send();
    assert_eq!(refused.status, 404, "{}", refused.text());
    let started = author
        .post("/v1/back-tests")
        .json(json!({ "draft": draft }))
        .send()
        .expect(202);
    let id = started.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        started.header("location"),
        Some(format!("/v1/back-tests/{id}").as_str())
    );
    let shown = wait_for_back_test(&bank, &id);
    assert_eq!(shown["state"], "finished", "{shown}");
    let report = &shown["report"];
    assert_eq!(report["transactions"], 60, "{report}");
    assert_eq!(report["candidate_rules"][0]["hits"], 20, "{report}");
    let declined: u64 = (0..4)
        .map(|from| report["from_active"][from][3].as_u64().expect("a count"))
        .sum();
    assert_eq!(declined, 20, "{report}");

    let page = bank
        .administrator()
        .get(&format!("/back-tests/{id}"))
        .send()
        .expect(200)
        .text();
    assert!(
        page.contains("With hindsight") && page.contains("large"),
        "{page}"
    );

    // The counterfactual mode finds the same where nobody has reported anything.
    let body = json!({ "draft": draft, "counterfactual": true });
    let started = author
        .post("/v1/back-tests")
        .json(body)
        .send()
        .expect(202)
        .json();
    let other = wait_for_back_test(&bank, started["id"].as_str().expect("an id"));
    assert_eq!(
        other["report"]["from_active"], report["from_active"],
        "{other}"
    );

    let hash = shown["hash"].as_str().expect("a hash").to_owned();
    assert_eq!(submit(&bank, draft, "made-up").status, 422);
    // A changed rule is another candidate.
    let revised = author
        .request("PUT", &format!("/v1/policy-drafts/{draft}"))
        .header("If-Match", "*")
        .json(rule("200.0"))
        .send()
        .expect(200)
        .json();
    let at = revised["position"].as_str().expect("a position");
    bank.query(&format!("/v1/policy-drafts/{draft}"), at)
        .expect(200);
    assert_eq!(submit(&bank, draft, &hash).status, 409);
    let back = author
        .request("PUT", &format!("/v1/policy-drafts/{draft}"))
        .header("If-Match", "*")
        .json(rule("100.0"))
        .send()
        .expect(200)
        .json();
    let at = back["position"].as_str().expect("a position");
    bank.query(&format!("/v1/policy-drafts/{draft}"), at)
        .expect(200);
    let submitted = submit(&bank, draft, &hash).expect(200).json();
    let at = submitted["position"].as_str().expect("a position");
    let detail = bank
        .query(&format!("/v1/policy-drafts/{draft}"), at)
        .expect(200)
        .json();
    assert_eq!(detail["back_test"], hash.as_str(), "{detail}");

    // Kept over a restart.
    bank.stop();
    bank.launch();
    let listed = bank
        .administrator()
        .get("/v1/back-tests")
        .send()
        .expect(200)
        .json();
    assert!(
        listed
            .as_array()
            .unwrap()
            .iter()
            .any(|job| job["hash"] == hash.as_str()),
        "{listed}"
    );

    bank.stop();
    let change = bank.scratch().join("change.json");
    fs::write(
        &change,
        r#"{"put_rules":[{"id":"large","condition":"amount > 100.0","outcome":"decline"}]}"#,
    )
    .expect("a writable folder");
    let (done, report) = risk(
        &bank,
        &["back-test", "--change", &change.display().to_string()],
    );
    assert!(done, "{report}");
    assert_eq!(report["candidate_rules"][0]["hits"], 20, "{report}");
}
