//! A simulated transaction and its identity.

use std::fmt;

use serde::Serialize;

use crate::scenarios::FraudScenario;

/// One card transaction, with the truth about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SimulatedTransaction {
    pub id: TransactionId,
    /// When it happened, epoch microseconds, whole seconds.
    pub occurred_at: i64,
    /// Index of the customer within the simulation, or within the bank in a network.
    pub customer: u32,
    /// Index of the terminal; in a network all banks mean the same terminal by it.
    pub terminal: u32,
    /// Minor currency units. About one in 100,000 is zero, as in the handbook.
    pub amount_minor: i64,
    /// `None` for a genuine transaction.
    pub fraud: Option<FraudScenario>,
    /// When the bank learns of the fraud, epoch microseconds: 1 to 14 days later, about 5 on
    /// average. `None` for a genuine transaction.
    pub reported_at: Option<i64>,
}

/// Identity of a transaction within its simulation, or within its bank in a network.
///
/// Shown as day, customer and position, `00042-00017-003`. Ids of a day are not in order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct TransactionId {
    pub(crate) day: u32,
    pub(crate) customer: u32,
    /// Among the customer's purchases of the day, in the order they are drawn.
    pub(crate) position: u16,
}

impl TransactionId {
    /// Index of the day on which the transaction happened.
    pub fn day(self) -> u32 {
        self.day
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            day,
            customer,
            position,
        } = self;
        write!(formatter, "{day:05}-{customer:05}-{position:03}")
    }
}
