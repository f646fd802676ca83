//! Walking through a list that grows meanwhile.

use serde_json::Value;

use crate::support::{Caller, Purchase, TestBank, ledger::list_all};

fn page(caller: &Caller, cursor: &Value) -> (Vec<String>, Value) {
    let cursor = cursor.as_str().map(|cursor| format!("&cursor={cursor}"));
    let path = format!("/v1/transactions?limit=10{}", cursor.unwrap_or_default());
    let page = caller.get(&path).send().expect(200).json();
    let ids = page["transactions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| Some(row["transaction_id"].as_str()?.to_owned()))
        .collect();
    (ids, page)
}

fn send(bank: &TestBank, prefix: &str, count: usize) -> Vec<String> {
    let ids: Vec<_> = (0..count)
        .map(|number| format!("{prefix}-{number}"))
        .collect();
    for id in &ids {
        bank.assess(&Purchase::of(id)).expect(201);
    }
    // Lists show the newest first.
    ids.into_iter().rev().collect()
}

#[test]
fn a_walk_to_the_oldest_meets_every_row_once_while_new_ones_arrive() {
    let bank = TestBank::start();
    let expected = send(&bank, "old", 95);
    let all = list_all(&bank, 500);
    assert_eq!(all.len(), 95);
    let caller = bank.payments();
    let mut met = Vec::new();
    let (mut ids, mut last) = page(&caller, &Value::Null);
    loop {
        met.extend(ids);
        if last["next_cursor"].is_null() {
            break;
        }
        send(&bank, &format!("new-{}", met.len()), 3);
        (ids, last) = page(&caller, &last["next_cursor"]);
    }
    assert_eq!(met, expected);
}

#[test]
fn a_walk_back_to_the_newest_meets_what_has_arrived_meanwhile() {
    let bank = TestBank::start();
    let old = send(&bank, "old", 30);
    list_all(&bank, 500);
    let caller = bank.payments();
    let (_, first) = page(&caller, &Value::Null);
    assert!(
        first["previous_cursor"].is_null(),
        "nothing is newer than the newest"
    );
    let (_, second) = page(&caller, &first["next_cursor"]);
    let (oldest, third) = page(&caller, &second["next_cursor"]);
    assert_eq!(oldest, old[20..]);
    assert!(
        third["next_cursor"].is_null(),
        "nothing is older than the oldest"
    );

    let new = send(&bank, "new", 15);
    list_all(&bank, 500);
    let mut met = Vec::new();
    let mut cursor = third["previous_cursor"].clone();
    while !cursor.is_null() {
        let (ids, page) = page(&caller, &cursor);
        met.splice(0..0, ids);
        cursor = page["previous_cursor"].clone();
    }
    let expected: Vec<_> = new.iter().chain(&old[..20]).cloned().collect();
    assert_eq!(met, expected);
}
