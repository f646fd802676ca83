//! Transactions as the payment system sends them.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    Random,
    http::{Caller, Request},
};

/// One transaction; the fields that a test does not care about have ordinary values.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    body: Value,
    key: Option<String>,
}

impl Purchase {
    pub fn of(transaction_id: &str) -> Self {
        let mut purchase = Self::without_id();
        purchase.body["transaction_id"] = json!(transaction_id);
        purchase
    }

    /// A purchase whose identity is its idempotency key, or nothing.
    pub fn without_id() -> Self {
        Self {
            body: json!({
                "customer_id": "customer-1", "terminal_id": "terminal-1", "amount_minor": 1_250, "currency": "EUR",
            }),
            key: None,
        }
    }

    /// A purchase of one of a few dozen customers.
    pub fn random(transaction_id: &str, random: &mut Random) -> Self {
        let mut purchase = Self::of(transaction_id)
            .by(&format!("customer-{}", random.below(60)))
            .at(&format!("terminal-{}", random.below(20)))
            .amount(random.below(20_000) as i64);
        if random.once_in(2) {
            purchase = purchase.occurred(TimeDelta::seconds(-(random.below(86_400) as i64)));
        }
        if random.once_in(2) {
            purchase.body["card_id"] = json!("card-1");
            purchase.body["device_id"] = json!("device-1");
        }
        purchase
    }

    pub fn by(mut self, customer_id: &str) -> Self {
        self.body["customer_id"] = json!(customer_id);
        self
    }

    pub fn at(mut self, terminal_id: &str) -> Self {
        self.body["terminal_id"] = json!(terminal_id);
        self
    }

    pub fn amount(mut self, amount_minor: i64) -> Self {
        self.body["amount_minor"] = json!(amount_minor);
        self
    }

    /// Happened this long from now.
    pub fn occurred(self, from_now: TimeDelta) -> Self {
        let at: DateTime<Utc> = Utc::now() + from_now;
        self.occurred_at(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    pub fn occurred_at(mut self, text: &str) -> Self {
        self.body["occurred_at"] = json!(text);
        self
    }

    /// Sent with this `Idempotency-Key`.
    pub fn keyed(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub fn transaction_id(&self) -> &str {
        self.body["transaction_id"].as_str().unwrap_or_default()
    }

    pub fn customer_id(&self) -> &str {
        self.body["customer_id"].as_str().unwrap_or_default()
    }

    pub fn request(&self, caller: &Caller) -> Request {
        self.request_at(caller, "")
    }

    /// To a node that is nested under a path.
    pub fn request_at(&self, caller: &Caller, base_path: &str) -> Request {
        let request = caller
            .post(&format!("{base_path}/v1/transactions"))
            .header("Request-Timeout", "30000")
            .json(&self.body);
        match &self.key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        }
    }
}
