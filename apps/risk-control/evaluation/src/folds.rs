//! Which days train and which test, as the *Fraud Detection Handbook* has it (chapter 5): training, 7 days of waiting
//! for labels, 7 days of test; four folds, each a week later than the one before.

use chrono::{DateTime, NaiveDate};
use risk_control::MICROSECONDS_PER_DAY;

use crate::table::LabelledTable;

/// Days for which labels are waited for.
pub const DELAY_DAYS: i64 = 7;
/// Days of a test, and the shortest training.
pub const WEEK_DAYS: i64 = 7;
const FOLDS: i64 = 4;

/// Days are counted from 1970-01-01 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    pub training_from: i64,
    /// First day after the training.
    pub training_until: i64,
    pub test_from: i64,
    /// First day after the test.
    pub test_until: i64,
}

/// Why there are no folds.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FoldError {
    #[error(
        "the table covers {days} days, from {from} to {to}; four folds of 7 days of training, 7 of waiting and 7 of \
         test, each a week after the other, need {needed}"
    )]
    TooShort {
        days: i64,
        from: NaiveDate,
        to: NaiveDate,
        needed: i64,
    },
}

impl Fold {
    /// The fold whose last training week begins on a day.
    fn with_last_training_week(from: i64, training_days: u32, first_day: i64) -> Self {
        let training_until = from + WEEK_DAYS;
        let test_from = training_until + DELAY_DAYS;
        Self {
            training_from: (training_until - i64::from(training_days)).max(first_day),
            training_until,
            test_from,
            test_until: test_from + WEEK_DAYS,
        }
    }

    /// First day of the last seven training days, from which on defrauded customers count as known.
    pub fn last_training_week(&self) -> i64 {
        self.training_until - WEEK_DAYS
    }
}

/// The handbook's four folds, where the table covers them: their last training weeks begin on 2018-07-25, 08-01, 08-08
/// and 08-15. Otherwise the last four folds that the table holds. Earliest first.
pub fn folds(table: &LabelledTable, training_days: u32) -> Result<Vec<Fold>, FoldError> {
    let day_of = |at_us: i64| at_us.div_euclid(MICROSECONDS_PER_DAY);
    // A table is never empty.
    let first = table
        .rows()
        .first()
        .map_or(0, |row| day_of(row.occurred_at_us));
    let last = table
        .rows()
        .last()
        .map_or(0, |row| day_of(row.occurred_at_us));
    let handbook =
        NaiveDate::from_ymd_opt(2018, 8, 15).map_or(0, |date| i64::from(date.to_epoch_days()));
    let span = WEEK_DAYS + DELAY_DAYS + WEEK_DAYS;
    let earlier = (FOLDS - 1) * WEEK_DAYS;
    let covered = first <= handbook - earlier && handbook + span - 1 <= last;
    let newest = if covered { handbook } else { last + 1 - span };
    if newest - earlier < first {
        return Err(FoldError::TooShort {
            days: last + 1 - first,
            from: date(first),
            to: date(last),
            needed: span + earlier,
        });
    }
    Ok((0..FOLDS)
        .rev()
        .map(|back| Fold::with_last_training_week(newest - back * WEEK_DAYS, training_days, first))
        .collect())
}

/// The date of a day.
pub fn date(day: i64) -> NaiveDate {
    DateTime::from_timestamp(day * 86_400, 0).map_or(NaiveDate::MIN, |time| time.date_naive())
}

#[cfg(test)]
mod tests;
