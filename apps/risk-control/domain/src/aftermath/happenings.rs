//! What has happened to a customer's transactions, as far as it forbids something else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Transactions of a customer of which this is remembered; the one that something happened to longest ago leaves first.
pub const HAPPENINGS_MAX: usize = 256;

/// By the hash of the transaction's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happenings {
    transactions: BTreeMap<u64, Happened>,
}

/// What has happened to one transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    pub reversed: bool,
    pub refunded_minor: i64,
    pub challenge_answered: bool,
    /// When anything happened to it last, in epoch microseconds.
    last_us: i64,
}

impl Happenings {
    pub fn of(&self, transaction: u64) -> Happened {
        self.transactions
            .get(&transaction)
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn change(
        &mut self,
        transaction: u64,
        at_us: i64,
        change: impl FnOnce(&mut Happened),
    ) {
        let happened = self.transactions.entry(transaction).or_default();
        happened.last_us = happened.last_us.max(at_us);
        change(happened);
        if self.transactions.len() > HAPPENINGS_MAX {
            let oldest = self
                .transactions
                .iter()
                .min_by_key(|(id, happened)| (happened.last_us, **id))
                .map(|(id, _)| *id);
            if let Some(oldest) = oldest {
                self.transactions.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_longest_ago_is_forgotten_first() {
        let mut happenings = Happenings::default();
        for number in 0..=HAPPENINGS_MAX as u64 {
            happenings.change(number, number.cast_signed(), |happened| {
                happened.reversed = true;
            });
        }
        assert!(!happenings.of(0).reversed);
        assert!(happenings.of(1).reversed);
        assert_eq!(happenings.transactions.len(), HAPPENINGS_MAX);
    }
}
