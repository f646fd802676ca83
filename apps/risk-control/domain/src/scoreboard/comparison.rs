//! A challenger against the champion.

use std::collections::BTreeMap;

use accord_learning::{content_hash, deterministic::logit};
use serde::{Deserialize, Serialize};

use super::{
    Scoreboard,
    row::{Row, judged, mature_until},
};
use crate::{
    history::MICROSECONDS_PER_DAY,
    model::{MeasuredRow, Measures},
    policy::{Decision, Thresholds},
};

/// Bins of scores: half a unit of log-odds each, from −10 to 8, the ends holding the rest.
pub const SCORE_BINS: usize = 36;
const LOWEST_LOG_ODDS: f64 = -10.0;
const BINS_PER_UNIT: f64 = 2.0;
/// Days in a comparison, the newest.
const DAYS_MAX: usize = 90;

/// What a challenger would have done beside the champion, over the transactions that both could score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Hashes of the two models' artefacts.
    pub champion: String,
    pub challenger: String,
    /// Version of the policy whose rules both decide by.
    pub policy_version: u32,
    /// Log sequence up to which it was folded.
    pub through: u64,
    /// Event time of the first and the last transaction, epoch microseconds.
    pub first_us: Option<i64>,
    pub last_us: Option<i64>,
    /// Up to here frauds would have been reported by now.
    pub mature_until_us: i64,
    /// Whether the measures are of transactions that neither model was trained on. Where there are too few of these, they
    /// are of all mature ones, which flatters whoever has seen them.
    pub unseen: bool,
    pub transactions: u64,
    /// Transactions with features that one of the models does not read.
    pub not_comparable: u64,
    /// Decisions by the champion (approve, challenge, review, decline), each by those of the challenger.
    pub decisions: [[u64; 4]; 4],
    pub champion_side: Side,
    pub challenger_side: Side,
    /// Oldest first.
    pub days: Vec<DayComparison>,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    pub thresholds: Thresholds,
    /// Over the transactions that are old enough for their frauds to have been reported, and that neither was trained on.
    pub measures: Measures,
    /// Counts of scores by [`SCORE_BINS`].
    pub scores: Vec<u64>,
    /// Mean score of all transactions, and share of frauds among the mature ones: alike where it is calibrated.
    pub mean_score: Option<f64>,
    /// Of the same transactions: frauds that would not have been approved, in minor units.
    pub fraud_stopped_minor: i64,
    /// Frauds that would have been approved, in minor units.
    pub fraud_missed_minor: i64,
    /// Genuine transactions that would not have been approved.
    pub genuine_stopped: u64,
    pub genuine_stopped_minor: i64,
}

/// One day of event time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayComparison {
    /// Start of the day, UTC, epoch microseconds.
    pub day_us: i64,
    pub transactions: u64,
    /// Transactions that would be decided otherwise.
    pub decided_otherwise: u64,
    /// Frauds known so far.
    pub frauds: u64,
    /// Whether all of them would have been reported by now; before that measures would flatter nobody.
    pub mature: bool,
    pub champion: DaySide,
    pub challenger: DaySide,
}

/// One of the two on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DaySide {
    /// Transactions that would not be approved.
    pub alerts: u64,
    pub mean_score: Option<f64>,
    /// Absent while the day is not mature.
    pub average_precision: Option<f64>,
    pub card_precision: Option<f64>,
    pub fraud_stopped_minor: i64,
}

impl Comparison {
    /// SHA-256 over everything that it says.
    pub fn hash(&self) -> String {
        content_hash(self)
    }

    /// Transactions that both would decide alike.
    pub fn decided_alike(&self) -> u64 {
        (0..4).map(|place| self.decisions[place][place]).sum()
    }
}

impl Scoreboard {
    /// Compares a challenger with the champion as of `now_us` (epoch microseconds); `None` where it is not on the
    /// board. `through` is the log sequence of the last event that was added.
    pub fn comparison(&self, challenger: &str, now_us: i64, through: u64) -> Option<Comparison> {
        let place = self.place(challenger).filter(|place| *place > 0)?;
        let mature_until_us = mature_until(now_us);
        let comparable = |row: &&Row| row.opinions[0].is_there() && row.opinions[place].is_there();
        let rows: Vec<&Row> = self.rows.iter().filter(comparable).collect();
        let mut decisions = [[0; 4]; 4];
        let mut days: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
        for row in &rows {
            let by_champion = row.opinions[0].decision as usize;
            decisions[by_champion][row.opinions[place].decision as usize] += 1;
            days.entry(row.day()).or_default().push(row);
        }
        let skipped = days.len().saturating_sub(DAYS_MAX);
        let days = days
            .into_iter()
            .skip(skipped)
            .map(|(day, rows)| day_comparison(day, &rows, place, mature_until_us))
            .collect();
        let mature: Vec<&Row> = rows
            .iter()
            .copied()
            .filter(|row| row.occurred_at_us <= mature_until_us)
            .collect();
        let trained = [0, place].map(|place| self.contenders[place].trained_through_us);
        let (judged, unseen) = judged(&mature, trained);
        let times = || rows.iter().map(|row| row.occurred_at_us);
        Some(Comparison {
            champion: self.contenders[0].hash.clone(),
            challenger: challenger.to_owned(),
            policy_version: self.policy.version,
            through,
            first_us: times().min(),
            last_us: times().max(),
            mature_until_us,
            unseen,
            transactions: rows.len() as u64,
            not_comparable: (self.rows.len() - rows.len()) as u64,
            decisions,
            champion_side: self.side(&rows, &judged, 0),
            challenger_side: self.side(&rows, &judged, place),
            days,
        })
    }

    fn side(&self, rows: &[&Row], judged: &[&Row], place: usize) -> Side {
        let measured: Vec<MeasuredRow> = judged.iter().map(|row| row.measured(place)).collect();
        let mut scores = vec![0; SCORE_BINS];
        for row in rows {
            scores[score_bin(row.opinions[place].score())] += 1;
        }
        let mut side = Side {
            thresholds: self.contenders[place].policy_over(&self.policy).thresholds,
            measures: Measures::of(&measured),
            scores,
            mean_score: mean_score(rows, place),
            fraud_stopped_minor: 0,
            fraud_missed_minor: 0,
            genuine_stopped: 0,
            genuine_stopped_minor: 0,
        };
        for row in judged {
            let approved = row.opinions[place].decision == Decision::Approve;
            match (row.is_fraud(), approved) {
                (true, true) => side.fraud_missed_minor += row.amount_minor,
                (true, false) => side.fraud_stopped_minor += row.amount_minor,
                (false, false) => {
                    side.genuine_stopped += 1;
                    side.genuine_stopped_minor += row.amount_minor;
                }
                (false, true) => {}
            }
        }
        side
    }
}

fn day_comparison(day: i64, rows: &[&Row], place: usize, mature_until_us: i64) -> DayComparison {
    let mature = (day + 1) * MICROSECONDS_PER_DAY <= mature_until_us;
    let otherwise = |row: &&&Row| row.opinions[0].decision != row.opinions[place].decision;
    DayComparison {
        day_us: day * MICROSECONDS_PER_DAY,
        transactions: rows.len() as u64,
        decided_otherwise: rows.iter().filter(otherwise).count() as u64,
        frauds: rows.iter().filter(|row| row.is_fraud()).count() as u64,
        mature,
        champion: day_side(rows, 0, mature),
        challenger: day_side(rows, place, mature),
    }
}

fn day_side(rows: &[&Row], place: usize, mature: bool) -> DaySide {
    let stopped = |row: &&&Row| row.opinions[place].decision != Decision::Approve;
    let measures = if mature {
        let measured: Vec<MeasuredRow> = rows.iter().map(|row| row.measured(place)).collect();
        Measures::of(&measured)
    } else {
        Measures::default()
    };
    DaySide {
        alerts: rows.iter().filter(stopped).count() as u64,
        mean_score: mean_score(rows, place),
        average_precision: measures.average_precision,
        card_precision: measures.card_precision,
        fraud_stopped_minor: rows
            .iter()
            .filter(stopped)
            .filter(|row| row.is_fraud())
            .map(|row| row.amount_minor)
            .sum(),
    }
}

fn mean_score(rows: &[&Row], place: usize) -> Option<f64> {
    let sum: u64 = rows
        .iter()
        .map(|row| u64::from(row.opinions[place].score_millionths))
        .sum();
    (!rows.is_empty()).then(|| sum as f64 / 1e6 / rows.len() as f64)
}

fn score_bin(score: f64) -> usize {
    let log_odds = logit(score.clamp(f64::EPSILON, 1.0 - f64::EPSILON));
    // The cast saturates: what is below the range goes into the first bin.
    (((log_odds - LOWEST_LOG_ODDS) * BINS_PER_UNIT) as usize).min(SCORE_BINS - 1)
}
