//! The banks of a network, and their transactions with the names a bank would use.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::settings::{CustomerGroup, CustomerMix};
use crate::transaction::SimulatedTransaction;

/// What makes a bank of a network: its name and its customers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BankProfile {
    /// Begins every id of the bank; different from the other banks' names.
    pub name: String,
    /// How many customers it has and what they are like.
    pub customers: CustomerGroup,
}

/// The five banks of [`Network::demonstration`](crate::Network::demonstration).
///
/// Together they have the handbook's number of customers and nearly its number of transactions;
/// all distributions lie within the handbook's, so that the amount above which everything is
/// fraud stays rare.
///
/// | bank | customers | mean amount | transactions per day | who they are |
/// |---|---|---|---|---|
/// | alder | 2,000 | U(5, 100) | U(0, 4) | a retail bank for everyone: the handbook's mix |
/// | birch | 1,300 | U(5, 60) | U(0.5, 4) | everyday shopping: smaller amounts, often |
/// | cedar | 800 | U(40, 100) | U(0, 2.5) | well-off: larger amounts, less often |
/// | dogwood | 550 | U(5, 35) | U(1, 4) | young: small amounts, very often |
/// | elm | 350 | U(20, 80) | U(0, 1.5) | savers: middling amounts, rarely |
pub fn demonstration_banks() -> Vec<BankProfile> {
    let bank = |name: &str, customers, mean_amount, transactions_per_day| BankProfile {
        name: name.to_owned(),
        customers: CustomerGroup {
            customers,
            mix: CustomerMix {
                mean_amount,
                transactions_per_day,
            },
        },
    };
    vec![
        bank("alder", 2_000, 5.0..100.0, 0.0..4.0),
        bank("birch", 1_300, 5.0..60.0, 0.5..4.0),
        bank("cedar", 800, 40.0..100.0, 0.0..2.5),
        bank("dogwood", 550, 5.0..35.0, 1.0..4.0),
        bank("elm", 350, 20.0..80.0, 0.0..1.5),
    ]
}

/// A bank of a network: its name and which of the network's customers are its own.
#[derive(Clone, Debug)]
pub struct Bank {
    pub(crate) name: Arc<str>,
    /// Ascending.
    pub(crate) members: Vec<u32>,
}

impl Bank {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bank's customers as the network's whole population numbers them, ascending; the bank
    /// itself names a customer by its place here.
    pub fn members(&self) -> &[u32] {
        &self.members
    }
}

/// A transaction as one bank of a network sees it.
///
/// Ids are formatted when asked for. Each customer has one card and one device, so that neither
/// tells anything about fraud: the handbook's setting, which knows neither, stays as hard as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BankTransaction {
    /// Name of the bank.
    pub bank: Arc<str>,
    /// The customer index in it is within the bank.
    pub transaction: SimulatedTransaction,
}

impl BankTransaction {
    /// Such as `alder-transaction-00042-00017-003`, unique within the network.
    pub fn transaction_id(&self) -> String {
        format!("{}-transaction-{}", self.bank, self.transaction.id)
    }

    /// Such as `alder-customer-00017`.
    pub fn customer_id(&self) -> String {
        self.id_of_customers("customer")
    }

    /// Such as `alder-card-00017`.
    pub fn card_id(&self) -> String {
        self.id_of_customers("card")
    }

    /// Such as `alder-device-00017`.
    pub fn device_id(&self) -> String {
        self.id_of_customers("device")
    }

    /// Such as `terminal-04711`, the same at every bank.
    pub fn terminal_id(&self) -> String {
        format!("terminal-{:05}", self.transaction.terminal)
    }

    fn id_of_customers(&self, thing: &str) -> String {
        format!("{}-{thing}-{:05}", self.bank, self.transaction.customer)
    }
}
