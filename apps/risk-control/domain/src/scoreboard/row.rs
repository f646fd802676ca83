//! One transaction on the board.

use super::{CONTENDERS_MAX, contender::Opinion};
use crate::{
    history::MICROSECONDS_PER_DAY, model::MeasuredRow, policy::Decision,
    training_set::REPORTING_DAYS, transaction::Label,
};

/// A transaction as far as models are compared over it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Hash of the transaction's id.
    pub id: u64,
    pub occurred_at_us: i64,
    pub customer: u64,
    pub amount_minor: i64,
    /// What it turned out to be, as far as that is known.
    pub label: Option<Label>,
    /// What was decided at the time; `None` where it was imported.
    pub decided: Option<Decision>,
    /// The champion's first.
    pub opinions: [Opinion; CONTENDERS_MAX],
}

impl Row {
    /// Days since the epoch.
    pub fn day(&self) -> i64 {
        self.occurred_at_us.div_euclid(MICROSECONDS_PER_DAY)
    }

    pub fn is_fraud(&self) -> bool {
        self.label == Some(Label::Fraud)
    }

    /// The row for measuring, by the opinion in that place.
    pub fn measured(&self, place: usize) -> MeasuredRow {
        MeasuredRow {
            occurred_at_us: self.occurred_at_us,
            customer: self.customer,
            score: self.opinions[place].score(),
            fraud: self.is_fraud(),
        }
    }
}

/// The moment up to which a fraud would have been reported by `now_us`: what nobody has reported by then is genuine.
pub fn mature_until(now_us: i64) -> i64 {
    now_us - REPORTING_DAYS * MICROSECONDS_PER_DAY
}
