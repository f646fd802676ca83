//! What a bank has promised: every request that it answered, with the answer; and what it has to show for it.

use std::collections::HashMap;

use chrono::DateTime;
use serde_json::{Value, json};

use super::{
    Purchase, Random, TestBank,
    http::{Caller, Connection, Request},
    log_tool,
};

/// Something that may change the log, with an identity, so that it can be sent again.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyedCommand {
    Assess(Purchase),
    /// Says that a transaction was fraud, under an idempotency key.
    Label {
        transaction_id: String,
        key: String,
    },
}

impl KeyedCommand {
    pub fn request(&self, caller: &Caller) -> Request {
        match self {
            Self::Assess(purchase) => purchase.request(caller),
            Self::Label {
                transaction_id,
                key,
            } => caller
                .post(&format!("/v1/transactions/{transaction_id}/labels"))
                .header("Idempotency-Key", key)
                .header("Request-Timeout", "30000")
                .json(json!({ "label": "fraud", "source": "customer" })),
        }
    }

    fn transaction_id(&self) -> &str {
        match self {
            Self::Assess(purchase) => purchase.transaction_id(),
            Self::Label { transaction_id, .. } => transaction_id,
        }
    }
}

/// A command with the answer that it got.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub command: KeyedCommand,
    pub body: Vec<u8>,
}

/// Everything that was asked of a bank.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub acknowledged: Vec<Acknowledged>,
    /// Sent, but not answered, or answered with "not now" or "not known".
    pub open: Vec<KeyedCommand>,
    /// How many of the acknowledged ones were already asked for again.
    checked: usize,
}

/// Older acknowledgements that are asked for again in each check.
const OLDER_CHECKED: usize = 100;

impl Ledger {
    pub fn absorb(&mut self, newer: Self) {
        self.acknowledged.extend(newer.acknowledged);
        self.open.extend(newer.open);
    }

    /// Asks for everything again that was acknowledged since the last check, and for some older things: the bank must
    /// give the same answers, and say of decisions that it gives them again. What was left open is settled.
    pub fn check_answers(&mut self, bank: &TestBank, random: &mut Random) {
        let caller = bank.payments();
        let mut connection = Connection::open(bank.address()).expect("a server that listens");
        let older = (0..OLDER_CHECKED.min(self.checked))
            .map(|_| random.below(self.checked as u64) as usize)
            .collect::<Vec<_>>();
        for index in older
            .into_iter()
            .chain(self.checked..self.acknowledged.len())
        {
            let Acknowledged { command, body } = &self.acknowledged[index];
            let answer = connection
                .send(&command.request(&caller))
                .unwrap_or_else(|error| panic!("{command:?}: {error}"))
                .expect(201);
            assert_eq!(
                answer.text(),
                String::from_utf8_lossy(body),
                "another answer to {command:?}"
            );
            let is_decision = matches!(command, KeyedCommand::Assess(_));
            assert!(answer.is_replayed() || !is_decision, "{command:?} was new");
        }
        for command in std::mem::take(&mut self.open) {
            let answer = connection
                .send(&command.request(&caller))
                .unwrap_or_else(|error| panic!("{command:?}: {error}"))
                .expect(201);
            self.acknowledged.push(Acknowledged {
                command,
                body: answer.body,
            });
        }
        self.checked = self.acknowledged.len();
    }

    fn decisions(&self) -> HashMap<&str, Value> {
        self.acknowledged
            .iter()
            .filter(|acknowledged| matches!(acknowledged.command, KeyedCommand::Assess(_)))
            .map(|acknowledged| {
                let answer = serde_json::from_slice(&acknowledged.body).expect("answers are JSON");
                (acknowledged.command.transaction_id(), answer)
            })
            .collect()
    }

    /// Checks that the log holds exactly what was acknowledged, each thing once and as it was told.
    pub fn check_log(&self, bank: &TestBank) {
        assert_eq!(self.open, [], "settle what is open first");
        log_tool::assert_sound(&bank.folder());
        let mut decisions = self.decisions();
        for event in log_tool::events_of_type(&bank.folder(), "TransactionAssessed") {
            let (payload, metadata) = (&event["payload"], &event["metadata"]);
            let transaction_id = payload["transaction_id"].as_str().unwrap_or_default();
            let told = decisions
                .remove(transaction_id)
                .unwrap_or_else(|| panic!("twice in the log, or never asked for: {event}"));
            assert_eq!(told["decision"], payload["decision"], "{event}");
            assert_eq!(told["score"], payload["score"], "{event}");
            assert_eq!(micros(&told["occurred_at"]), payload["occurred_at"]);
            assert_eq!(micros(&told["recorded_at"]), metadata["recorded_at_us"]);
        }
        assert!(decisions.is_empty(), "lost: {:?}", decisions.keys());

        let mut labels: HashMap<&str, i64> = HashMap::new();
        for acknowledged in &self.acknowledged {
            if let KeyedCommand::Label { transaction_id, .. } = &acknowledged.command {
                *labels.entry(transaction_id).or_default() += 1;
            }
        }
        let in_log = log_tool::events_of_type(&bank.folder(), "TransactionLabelled");
        for event in &in_log {
            let transaction_id = event["payload"]["transaction_id"].as_str();
            *labels
                .entry(transaction_id.unwrap_or_default())
                .or_default() -= 1;
        }
        labels.retain(|_, missing| *missing != 0);
        assert!(labels.is_empty(), "labels lost or doubled: {labels:?}");
    }

    /// Checks that the list shows exactly the acknowledged decisions, each once and as it was told.
    pub fn check_list(&self, bank: &TestBank) {
        let mut decisions = self.decisions();
        for row in list_all(bank, 500) {
            let transaction_id = row["transaction_id"].as_str().unwrap_or_default();
            let told = decisions
                .remove(transaction_id)
                .unwrap_or_else(|| panic!("twice in the list, or never asked for: {row}"));
            for field in [
                "decision",
                "score",
                "occurred_at",
                "recorded_at",
                "position",
            ] {
                assert_eq!(told[field], row[field], "{field} of {row}");
            }
        }
        assert!(
            decisions.is_empty(),
            "not in the list: {:?}",
            decisions.keys()
        );
    }
}

/// Walks through all pages of the list of transactions, once the read model has reached the end of the log.
pub fn list_all(bank: &TestBank, limit: u32) -> Vec<Value> {
    crate::support::eventually("read models at the end of the log", || {
        (bank.figure("read_models_lag_events") == 0).then_some(())
    });
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/transactions?limit={limit}{cursor}");
        let page = bank.administrator().get(&path).send().expect(200).json();
        rows.extend(page["transactions"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

fn micros(time: &Value) -> i64 {
    let text = time.as_str().unwrap_or_default();
    DateTime::parse_from_rfc3339(text)
        .unwrap_or_else(|error| panic!("{error} in {text:?}"))
        .timestamp_micros()
}
