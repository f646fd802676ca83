//! All entities that a partition's customers used.

use std::{collections::HashMap, hash::Hash};

use serde::{Deserialize, Serialize};

use super::{
    confirmed_frauds::ConfirmedFraud,
    record::{EntityRecord, Retention},
    shared::SharedCell,
    summary::EntityRecords,
};
use crate::{
    history::MICROSECONDS_PER_DAY,
    ids::{EntityKey, text_hash},
    transaction::{Label, LabelledPurchase, Transaction},
};

/// An entity that nobody used for so long is forgotten when room is made.
const UNUSED_MAX_US: i64 = 180 * MICROSECONDS_PER_DAY;
/// Entities of a kind below which no room is made.
const SWEEP_MIN: usize = 65_536;

/// Terminals, cards, devices and addresses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntityDirectory {
    terminals: Records<Box<str>>,
    cards: Records<EntityKey>,
    devices: Records<EntityKey>,
    addresses: Records<EntityKey>,
}

impl EntityDirectory {
    /// The records of a transaction's entities.
    pub fn records(&self, transaction: &Transaction) -> EntityRecords<'_> {
        fn keyed(records: &Records<EntityKey>, key: Option<EntityKey>) -> Option<&EntityRecord> {
            records.by_key.get(&key?)
        }
        EntityRecords {
            terminal: self.terminals.by_key.get(transaction.terminal_id.as_str()),
            card: keyed(&self.cards, transaction.card),
            device: keyed(&self.devices, transaction.device),
            address: keyed(&self.addresses, transaction.address),
        }
    }

    /// A transaction happened.
    pub(crate) fn add(&mut self, transaction: &Transaction) {
        let record = |record: &mut EntityRecord, retention| {
            record.add(
                transaction.customer.0,
                transaction.occurred_at_us,
                transaction.amount_minor,
                retention,
            );
        };
        let now_us = transaction.occurred_at_us;
        let terminal = self.terminals.of_text(&transaction.terminal_id, now_us);
        record(terminal, Retention::DelayedMonth);
        for (records, key) in [
            (&mut self.cards, transaction.card),
            (&mut self.devices, transaction.device),
            (&mut self.addresses, transaction.address),
        ] {
            if let Some(key) = key {
                record(records.of_key(key, now_us), Retention::Week);
            }
        }
    }

    /// Other institutions saw a terminal. Best kept in a directory of its own, beside that of the own customers: parts
    /// of what is known of an entity add up.
    pub fn add_shared_terminal(&mut self, terminal_id: &str, cell: &SharedCell) {
        let terminal = self.terminals.of_text(terminal_id, cell.at_us);
        terminal.add_shared(cell, Retention::DelayedMonth);
    }

    /// It became known what a transaction was.
    pub(crate) fn label(
        &mut self,
        transaction_id: &str,
        purchase: &LabelledPurchase,
        label: Label,
        known_at_us: i64,
    ) {
        let transaction = text_hash(transaction_id);
        let terminal = self.terminals.by_key.get_mut(purchase.terminal_id.as_str());
        let card = purchase
            .card
            .and_then(|key| self.cards.by_key.get_mut(&key));
        let device = purchase
            .device
            .and_then(|key| self.devices.by_key.get_mut(&key));
        let address = purchase
            .address
            .and_then(|key| self.addresses.by_key.get_mut(&key));
        for record in [terminal, card, device, address].into_iter().flatten() {
            match label {
                Label::Fraud => record.frauds.confirm(ConfirmedFraud {
                    transaction,
                    known_at_us,
                    occurred_at_us: purchase.occurred_at_us,
                }),
                Label::Genuine => record.frauds.retract(transaction),
            }
        }
    }
}

/// Records of one kind of entity. When their number has doubled since the last time, those that were not used for half
/// a year are forgotten: each record pays for a bounded share of that work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "K: Deserialize<'de> + Eq + Hash"))]
struct Records<K: Eq + Hash> {
    by_key: HashMap<K, EntityRecord>,
    sweep_at: usize,
}

impl<K: Eq + Hash> Default for Records<K> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            sweep_at: SWEEP_MIN,
        }
    }
}

impl Records<Box<str>> {
    fn of_text(&mut self, key: &str, now_us: i64) -> &mut EntityRecord {
        self.make_room(now_us);
        // A terminal that is known needs no allocation.
        if !self.by_key.contains_key(key) {
            self.by_key.insert(Box::from(key), EntityRecord::default());
        }
        self.by_key.get_mut(key).expect("inserted above")
    }
}

impl Records<EntityKey> {
    fn of_key(&mut self, key: EntityKey, now_us: i64) -> &mut EntityRecord {
        self.make_room(now_us);
        self.by_key.entry(key).or_default()
    }
}

impl<K: Eq + Hash> Records<K> {
    fn make_room(&mut self, now_us: i64) {
        if self.by_key.len() < self.sweep_at {
            return;
        }
        let horizon = now_us.saturating_sub(UNUSED_MAX_US);
        self.by_key.retain(|_, record| record.last_us() > horizon);
        self.sweep_at = (self.by_key.len() * 2).max(SWEEP_MIN);
    }
}
