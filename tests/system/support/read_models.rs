//! The rows of a bank's read models, read from the file beside the running node.

use std::collections::BTreeMap;

use super::{TestBank, database::rows, eventually};

/// The read models of a bank's node and their tables.
const READ_MODELS: &[(&str, &[&str])] = &[
    ("activity", &["activity", "activity_scores"]),
    (
        "governance",
        &["models", "policies", "adoptions", "list_entries"],
    ),
    (
        "transactions",
        &[
            "transactions",
            "transaction_labels",
            "transaction_aftermath",
        ],
    ),
    ("cases", &["cases", "case_alerts", "case_history"]),
    ("parked_labels", &["parked_labels"]),
    ("webhooks", &["webhook_subscriptions", "webhook_outbox"]),
    (
        "policy_drafts",
        &[
            "policy_drafts",
            "governance_history",
            "switched_off",
            "rolled_back",
        ],
    ),
    ("rule_hits", &["rule_hits"]),
];

/// Rows as SQL literals, by table, in order.
pub type Rows = BTreeMap<&'static str, Vec<String>>;

/// All rows of all live tables, once they have everything that is in the log.
pub fn live_rows(bank: &TestBank) -> Rows {
    let generations = eventually("read models at the end of the log", || {
        live_generations(bank, true)
    });
    let store = bank.folder().join("read-models.db");
    let mut all = Rows::new();
    for &(name, tables) in READ_MODELS {
        for table in tables {
            let generation = generations[name];
            all.insert(table, rows(&store, &format!("{table}_g{generation}")));
        }
    }
    all
}

/// Rebuilds every read model and waits until the new tables are the live ones.
pub fn rebuild_all(bank: &TestBank) {
    for &(name, _) in READ_MODELS {
        let before = live_generations(bank, false).expect("live read models")[name];
        let path = format!("/v1/read-models/{name}/rebuild");
        bank.administrator().post(&path).send().expect(200);
        eventually("rebuilt tables that are live", || {
            let generation = live_generations(bank, false)?[name];
            (generation > before).then_some(())
        });
    }
}

/// Checks that the live read models hold what a rebuild from the log gives.
pub fn assert_rebuild_changes_nothing(bank: &TestBank) {
    let live = live_rows(bank);
    assert!(!live["adoptions"].is_empty(), "every bank has adoptions");
    rebuild_all(bank);
    let rebuilt = live_rows(bank);
    for (table, rows) in &live {
        assert_eq!(rows, &rebuilt[table], "{table}");
    }
}

/// Generation of each live read model; `None` while one is missing or, where that matters, behind the log.
fn live_generations(bank: &TestBank, all_caught_up: bool) -> Option<BTreeMap<String, i64>> {
    let answer = bank.administrator().get("/v1/read-models").send();
    let mut generations = BTreeMap::new();
    for model in answer.expect(200).json().as_array()? {
        assert_eq!(model["stopped"], serde_json::Value::Null, "{model}");
        assert_eq!(model["parked_entities"], 0, "{model}");
        if model["live"] == true {
            if all_caught_up && model["lag_events"] != 0 {
                return None;
            }
            let name = model["name"].as_str()?.to_owned();
            generations.insert(name, model["generation"].as_i64()?);
        }
    }
    (generations.len() == READ_MODELS.len()).then_some(generations)
}
