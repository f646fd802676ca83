//! Labels that came before their transaction.
//!
//! A chargeback names a transaction, not its customer, so a label whose transaction is not known yet cannot go into
//! the customer's partition. It is **parked** in the partition that the hash of the transaction id leads to, where it
//! can be seen, and applied by a command of its own once the transaction has arrived.

mod park;
mod parked_labels;
mod settle;

pub use park::ParkLabel;
pub use parked_labels::{
    LabelParked, PARKED_LABELS_MAX, ParkedLabelSettled, ParkedLabels, ParkedOutcome,
};
pub use settle::SettleParkedLabel;
