//! The load: purchases of many customers at many terminals, as a payment system sends them.

use std::{
    io::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use accord_bench::load::{JsonPost, LoadError, RequestSource, Response};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use risk_control_node::{HistoricalTransaction, PersonalFields};

use super::random::Random;

pub const CUSTOMERS: u32 = 100_000;
const TERMINALS: u32 = 10_000;
const CREATED: u16 = 201;
/// Event time from one purchase to the next: 288,000 a day, so that a customer buys about three times a day. Customers
/// who bought as fast as the load runs would all be fraudsters, and the bank would do little but open cases.
const PURCHASE_EVERY_US: i64 = 300_000;
/// How long ago the event time of a load begins; a node takes what is at most seven days late.
const BEGINS_DAYS_AGO: i64 = 6;

/// Event time of a load, which runs as much faster as the load is faster than a bank's.
#[derive(Clone, Debug)]
pub struct EventTime {
    next_us: Arc<AtomicI64>,
    until_us: i64,
}

impl EventTime {
    pub fn begin() -> Self {
        let now = Utc::now();
        let begin = now - TimeDelta::days(BEGINS_DAYS_AGO);
        Self {
            next_us: Arc::new(AtomicI64::new(begin.timestamp_micros())),
            until_us: now.timestamp_micros(),
        }
    }

    /// Time of the next purchase; never in the future, however long the load runs.
    fn next(&self) -> String {
        let next_us = self.next_us.fetch_add(PURCHASE_EVERY_US, Ordering::Relaxed);
        DateTime::from_timestamp_micros(next_us.min(self.until_us))
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

/// A server that takes purchases, and how to address it.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    pub path: &'static str,
    /// The secret that the server knows its caller by.
    pub key: String,
    /// The status of a good answer.
    pub status: u16,
    pub time: EventTime,
}

impl Target {
    /// The node's decisions.
    pub fn decisions(address: SocketAddr, key: &str) -> Self {
        Self {
            address,
            path: "/v1/transactions",
            key: key.to_owned(),
            status: CREATED,
            time: EventTime::begin(),
        }
    }
}

/// Which customer buys next.
#[derive(Clone, Copy, Debug)]
pub enum Buyers {
    /// Each in turn, from the first.
    InTurn(u32),
    AtRandom,
}

/// Purchases without end; an answer counts only if it has the status of a good one.
#[derive(Debug)]
pub struct Purchases {
    post: JsonPost,
    status: u16,
    buyers: Buyers,
    time: EventTime,
    random: Random,
    body: Vec<u8>,
}

impl Purchases {
    /// Two sources of different seeds never send the same transaction.
    ///
    /// # Errors
    /// If the target's key is nothing that fits into a header.
    pub fn new(target: &Target, buyers: Buyers, seed: u64) -> Result<Self, LoadError> {
        let authorization = format!("Bearer {}", target.key);
        let headers = [("authorization", authorization.as_str())];
        Ok(Self {
            post: JsonPost::new(target.address, target.path, &headers)?,
            status: target.status,
            buyers,
            time: target.time.clone(),
            random: Random::new(seed),
            body: Vec::new(),
        })
    }

    fn next_customer(&mut self) -> u32 {
        match &mut self.buyers {
            Buyers::AtRandom => self.random.below(CUSTOMERS),
            Buyers::InTurn(next) => {
                let customer = *next % CUSTOMERS;
                *next += 1;
                customer
            }
        }
    }
}

impl RequestSource for Purchases {
    fn next_request(&mut self, _connection: usize, request: &mut Vec<u8>) {
        let customer = self.next_customer();
        let purchase = Purchase::random(customer, &mut self.random);
        self.body.clear();
        purchase.write_json(&self.time.next(), &mut self.body);
        self.post.render(request, &self.body);
    }

    fn check_response(&mut self, _connection: usize, response: Response<'_>) -> bool {
        response.status == self.status
    }
}

/// One purchase.
struct Purchase {
    id: uuid::Uuid,
    customer: u32,
    terminal: u32,
    amount_minor: u32,
}

impl Purchase {
    fn random(customer: u32, random: &mut Random) -> Self {
        // Most amounts are small: the square of an even spread, from 1 to 201 units of the currency.
        let spread = random.below(1_000);
        Self {
            id: random.uuid(),
            customer,
            terminal: random.below(TERMINALS),
            amount_minor: 100 + spread * spread / 50,
        }
    }

    fn write_json(&self, occurred_at: &str, body: &mut Vec<u8>) {
        let Self {
            id,
            customer,
            terminal,
            amount_minor,
        } = self;
        write!(
            body,
            r#"{{"transaction_id":"{id}","customer_id":"customer-{customer:06}","card_id":"card-{customer:012}","device_id":"device-{customer:06}","terminal_id":"terminal-{terminal:05}","amount_minor":{amount_minor},"currency":"EUR","occurred_at":"{occurred_at}"}}"#
        )
        .expect("writing to a Vec cannot fail");
    }
}

/// Purchases of the past for an import, at times that end with `until_us` (epoch microseconds), one a millisecond.
pub fn historical(
    count: u64,
    until_us: i64,
    random: &mut Random,
) -> impl Iterator<Item = HistoricalTransaction> {
    (0..count).map(move |index| {
        let customer = random.below(CUSTOMERS);
        let purchase = Purchase::random(customer, random);
        HistoricalTransaction {
            transaction_id: purchase.id.to_string(),
            personal: PersonalFields {
                customer_id: format!("customer-{customer:06}"),
                card_id: Some(format!("card-{customer:012}")),
                device_id: Some(format!("device-{customer:06}")),
                ip_address: None,
            },
            terminal_id: format!("terminal-{:05}", purchase.terminal),
            amount_minor: i64::from(purchase.amount_minor),
            occurred_at_us: until_us - 1_000 * (count - index).cast_signed(),
        }
    })
}
