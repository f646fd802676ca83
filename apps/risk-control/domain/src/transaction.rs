//! A card transaction as the domain sees it, and the limits within which one is accepted.

use serde::{Deserialize, Serialize};

use crate::{
    history::MICROSECONDS_PER_DAY,
    ids::{CustomerReference, EntityKey},
};

/// Largest amount, in minor units: a billion euros. Sums over a customer's windows then never overflow.
pub const AMOUNT_MINOR_MAX: i64 = 100_000_000_000;
/// Length of an ISO 4217 currency code.
pub const CURRENCY_LENGTH: usize = 3;
/// Longest id that a bank may use for a transaction, terminal, customer, card or device.
pub const TEXT_ID_BYTES_MAX: usize = 64;
/// How far ahead of the node's clock a transaction may claim to be.
pub const FUTURE_TOLERANCE_US: i64 = 10 * 60 * 1_000_000;
/// How late a transaction may arrive. Windows are exact for everything within this limit.
pub const LATENESS_MAX_US: i64 = 7 * MICROSECONDS_PER_DAY;

/// A transaction without its personal fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The bank's own id of the transaction: its identity.
    pub transaction_id: String,
    /// Stored as the entity of the envelope, not in the payload.
    #[serde(skip, default = "unset_customer")]
    pub customer: CustomerReference,
    /// Event time in epoch microseconds.
    #[serde(rename = "occurred_at")]
    pub occurred_at_us: i64,
    /// Integer minor units of the currency; may be zero (a card check), never negative.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    pub terminal_id: String,
    /// The card that paid, where the bank says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub card: Option<EntityKey>,
    /// The device that was used, where the bank says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<EntityKey>,
    /// The network address that the purchase came from, where the bank says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<EntityKey>,
}

/// What a label must say of its transaction, so that the terminal, the card, the device and the address learn of it.
/// Cases keep it in their state, so no field may be left out in writing: snapshots have no names to tell which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelledPurchase {
    #[serde(rename = "occurred_at")]
    pub occurred_at_us: i64,
    pub terminal_id: String,
    #[serde(default)]
    pub card: Option<EntityKey>,
    #[serde(default)]
    pub device: Option<EntityKey>,
    #[serde(default)]
    pub address: Option<EntityKey>,
}

impl LabelledPurchase {
    pub fn of(transaction: &Transaction) -> Self {
        Self {
            occurred_at_us: transaction.occurred_at_us,
            terminal_id: transaction.terminal_id.clone(),
            card: transaction.card,
            device: transaction.device,
            address: transaction.address,
        }
    }
}

pub(crate) fn unset_customer() -> CustomerReference {
    CustomerReference(0)
}

/// What a transaction turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Fraud,
    Genuine,
}

impl Label {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fraud => "fraud",
            Self::Genuine => "genuine",
        }
    }
}

/// Where a label comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSource {
    /// The cardholder disputed the transaction through the scheme.
    Chargeback,
    /// The customer told the bank.
    Customer,
    /// An analyst's finding.
    Analyst,
}

impl LabelSource {
    pub fn name(self) -> &'static str {
        match self {
            Self::Chargeback => "chargeback",
            Self::Customer => "customer",
            Self::Analyst => "analyst",
        }
    }
}
