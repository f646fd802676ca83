//! `accord log`, as an auditor would use it.

use std::path::Path;

use serde_json::Value;

use super::binary::run;

/// Every event of a log, as `accord log tail --json` prints it.
pub fn events(folder: &Path) -> Vec<Value> {
    let folder = folder.display().to_string();
    let output = run(&[
        "log",
        "tail",
        "--json",
        "-n",
        "1000000000",
        "--data-dir",
        &folder,
    ]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect()
}

/// Events of one type.
pub fn events_of_type(folder: &Path, event_type: &str) -> Vec<Value> {
    let mut events = events(folder);
    events.retain(|event| event["metadata"]["event_type"] == event_type);
    events
}

/// Checks every hash chain of a log and gives what the check found.
///
/// # Panics
/// If the log contradicts itself.
pub fn assert_sound(folder: &Path) -> Value {
    let (sound, found) = verify(folder);
    assert!(sound, "{found}");
    assert_eq!(found["faults"], serde_json::json!([]), "{found}");
    found
}

/// Whether `accord log verify` is satisfied, and what it found.
pub fn verify(folder: &Path) -> (bool, Value) {
    let folder = folder.display().to_string();
    let output = run(&["log", "verify", "--json", "--data-dir", &folder]);
    let found = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error} in {output:?}"));
    (output.status.success(), found)
}
