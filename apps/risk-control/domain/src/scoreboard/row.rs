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

/// The rows by which models can be judged, and whether these are rows that none of them was trained on.
///
/// Those that a model was trained on flatter it. Where there are no others with both frauds and genuine ones among them,
/// they are taken all the same, and whoever shows the figures has to say so.
pub fn judged<'a>(
    mature: &[&'a Row],
    trained_through_us: impl IntoIterator<Item = Option<i64>>,
) -> (Vec<&'a Row>, bool) {
    let seen_through_us = trained_through_us
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(i64::MIN);
    let unseen: Vec<&Row> = mature
        .iter()
        .copied()
        .filter(|row| row.occurred_at_us > seen_through_us)
        .collect();
    let frauds = unseen.iter().filter(|row| row.is_fraud()).count();
    if frauds > 0 && frauds < unseen.len() {
        (unseen, true)
    } else {
        (mature.to_vec(), false)
    }
}

/// The moment up to which a fraud would have been reported by `now_us`: what nobody has reported by then is genuine.
pub fn mature_until(now_us: i64) -> i64 {
    now_us - REPORTING_DAYS * MICROSECONDS_PER_DAY
}
