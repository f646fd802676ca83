//! The command line: what it explains, and the tools for the log.

use serde_json::Value;

use crate::support::{Purchase, TestBank, binary::run, log_tool};

#[test]
fn help_names_every_command_and_what_the_demo_listens_to() {
    for (arguments, says) in [
        (
            &["--help"][..],
            &["log", "risk", "bench", "--listen", "--data-dir", "--speed"][..],
        ),
        (&["log", "--help"], &["tail", "show", "verify"]),
        (&["risk", "serve", "--help"], &["--config"]),
        (
            &["recommend", "evaluate", "--help"],
            &[
                "--train",
                "--merchants",
                "--sessions",
                "--baskets",
                "--json",
            ],
        ),
        (
            &["bench", "recommend", "--help"],
            &["--items", "--shoppers"],
        ),
        (&["--version"], &["accord"]),
    ] {
        let output = run(arguments);
        assert!(output.status.success(), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        for part in says {
            assert!(
                said.contains(part),
                "{arguments:?} says nothing of {part}: {said}"
            );
        }
    }
}

#[test]
fn what_is_no_command_is_refused_with_usage() {
    for arguments in [
        &["serve"][..],
        &["log"],
        &["risk", "serve"],
        &["--speed", "fast"],
        &["--speed", "0"],
    ] {
        let output = run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("Usage") || said.contains("--speed"), "{said}");
    }
}

#[test]
fn the_log_can_be_read_while_the_node_writes_to_it() {
    let bank = TestBank::start();
    for number in 0..30 {
        bank.assess(&Purchase::of(&format!("t-{number}")))
            .expect(201);
    }
    let folder = bank.folder();
    let events = log_tool::events(&folder);
    assert_eq!(events.len() as u64, bank.last_sequence());
    for (number, event) in (1_u64..).zip(&events) {
        assert_eq!(event["metadata"]["sequence"], number);
        assert_eq!(event["metadata"]["index"], 0);
    }
    let found = log_tool::assert_sound(&folder);
    assert_eq!(found["events"], events.len());
    assert!(found["commits"].as_u64() <= found["events"].as_u64());

    let last = events.last().expect("an event");
    let shown = show(&folder.display().to_string(), events.len() as u64);
    assert_eq!(shown["specversion"], "1.0");
    assert_eq!(shown["source"], "/institutions/north");
    assert_eq!(shown["type"], "TransactionAssessed");
    assert_eq!(shown["id"], last["event_id"]);
    assert_eq!(shown["metadata"], last["metadata"]);
    assert_eq!(shown["data"], last["payload"]);
    assert_eq!(shown["data"]["transaction_id"], "t-29");
}

fn show(folder: &str, sequence: u64) -> Value {
    let output = run(&[
        "log",
        "show",
        &sequence.to_string(),
        "--json",
        "--data-dir",
        folder,
    ]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a JSON document")
}

#[test]
fn the_newest_events_are_shown_for_people_too() {
    let bank = TestBank::start();
    bank.assess(&Purchase::of("t")).expect(201);
    let folder = bank.folder().display().to_string();
    let output = run(&["log", "tail", "-n", "1", "--data-dir", &folder]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("TransactionAssessed"), "{said}");
    let output = run(&["log", "verify", "--data-dir", &folder]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("every chain holds"), "{said}");
}

#[test]
fn what_is_not_there_is_said() {
    let bank = TestBank::start();
    let folder = bank.folder().display().to_string();
    let nowhere = bank.scratch().join("nowhere").display().to_string();
    for (arguments, says) in [
        (
            &["log", "show", "0", "--data-dir", &folder][..],
            "there is no event 0",
        ),
        (
            &["log", "show", "999999", "--data-dir", &folder],
            "there is no event 999999",
        ),
        (&["log", "tail", "--data-dir", &nowhere], "holds no log"),
        (
            &[
                "log",
                "verify",
                "--data-dir",
                &folder,
                "--institution",
                "south",
            ],
            "belongs to north, not to south",
        ),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    let own = [
        "log",
        "verify",
        "--data-dir",
        &folder,
        "--institution",
        "north",
    ];
    assert!(run(&own).status.success(), "its own name is right");
}

#[test]
fn no_personal_field_is_stored_in_clear() {
    let mut bank = TestBank::start();
    let secret = "a-name-nobody-may-read";
    let position = bank
        .assess(&Purchase::of("t").by(secret))
        .expect(201)
        .json()["position"]
        .clone();
    bank.payments()
        .post("/v1/transactions/t/labels")
        .json(format!(
            r#"{{"label":"fraud","source":"customer","note":"{secret}"}}"#
        ))
        .send()
        .expect(201);
    let detail = bank.query("/v1/transactions/t", position.as_str().unwrap_or_default());
    assert_eq!(detail.expect(200).json()["customer_id"], secret);
    bank.stop();
    let mut files = 0;
    for folder in ["", "log", "keys", "snapshots", "artefacts"] {
        for path in crate::support::folder::files_ending(&bank.folder().join(folder), "") {
            if path.is_file() {
                let bytes = std::fs::read(&path).expect("a readable file");
                let text = String::from_utf8_lossy(&bytes);
                assert!(!text.contains(secret), "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files >= 4, "only {files} files");
    let said = std::fs::read_to_string(bank.scratch().join("said.txt")).expect("the output");
    assert!(!said.contains(secret), "{said}");
}
