//! Whether the model that decides still sees the world that it was trained on, and is still right.

use std::{collections::BTreeMap, ops::Range};

use serde::{Deserialize, Serialize};

use super::{
    Scoreboard,
    row::{Row, judged, mature_until},
};
use crate::{
    features::Features,
    history::MICROSECONDS_PER_DAY,
    model::{MeasuredRow, Measures, TrainingProfile},
    policy::Decision,
};

/// Population stability index from which on a value is watched, and counts as shifted (Siddiqi, 2006).
pub const STABILITY_WATCHED: f64 = 0.1;
pub const STABILITY_SHIFTED: f64 = 0.25;
/// Slopes within which probabilities count as calibrated.
pub const CALIBRATION_SLOPES: (f64, f64) = (0.9, 1.1);
/// Share of frauds among alerts below which analysts' time is wasted.
pub const ALERT_PRECISION_MIN: f64 = 0.1;
/// Days whose features are compared with the training set: whole weeks, because weekends differ.
const DRIFT_DAYS: i64 = 7;
/// Mature days over which calibration and alerts are judged.
const OUTCOME_DAYS: i64 = 28;
/// Fewer values say nothing about drift, fewer frauds nothing about calibration, fewer alerts nothing about them.
const DRIFT_VALUES_MIN: u64 = 500;
const CALIBRATION_FRAUDS_MIN: u64 = 30;
const ALERTS_MIN: u64 = 30;
/// Days in a report, the newest.
const DAYS_MAX: usize = 60;

/// How the champion is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Monitoring {
    /// Hash of the champion's artefact.
    pub model: String,
    /// Log sequence up to which it was folded.
    pub through: u64,
    /// Whether the model's card says how its training rows were spread; drift is told only then.
    pub has_profile: bool,
    /// Transactions of the days over which drift is measured, and where these begin (epoch microseconds).
    pub drift_from_us: i64,
    pub drift_transactions: u64,
    /// By feature, in the order of the set.
    pub features: Vec<FeatureDrift>,
    /// Population stability index of the scores.
    pub scores: Option<f64>,
    /// On mature transactions, from `outcome_from_us` to `mature_until_us`.
    pub outcome_from_us: i64,
    pub mature_until_us: i64,
    pub outcome: Measures,
    /// Whether these are transactions that the model was not trained on. Where there are too few of these, they are of
    /// all, which flatters it; then nobody is warned of its calibration.
    pub unseen: bool,
    /// Alerts of these days, and how many of them were frauds.
    pub alerts: u64,
    pub alert_frauds: u64,
    /// Oldest first.
    pub days: Vec<DayMonitoring>,
    pub warnings: Vec<MonitoringWarning>,
}

/// How far a feature has moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// Name of the feature.
    pub feature: String,
    /// Population stability index; `None` with too few values.
    pub index: Option<f64>,
}

/// One day of event time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayMonitoring {
    /// Start of the day, UTC, epoch microseconds.
    pub day_us: i64,
    pub transactions: u64,
    /// Population stability index of the day's scores; `None` with too few.
    pub scores: Option<f64>,
    /// Transactions that were not approved when they were decided.
    pub alerts: u64,
    /// How many of them are known to be frauds.
    pub alert_frauds: u64,
    /// Whether all frauds would have been reported by now.
    pub mature: bool,
}

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum MonitoringWarning {
    FeatureShifted { feature: String, index: f64 },
    ScoresShifted { index: f64 },
    Miscalibrated { slope: f64 },
    FewAlertsAreFrauds { precision: f64 },
}

/// Counts of one day by cell of the training profile.
#[derive(Clone, Debug)]
pub struct DaySpread {
    features: Vec<Vec<u64>>,
    scores: Vec<u64>,
    transactions: u64,
}

impl DaySpread {
    pub fn new(profile: &TrainingProfile) -> Self {
        Self {
            features: profile
                .features
                .iter()
                .map(|feature| vec![0; feature.shares.len()])
                .collect(),
            scores: vec![0; profile.scores.shares.len()],
            transactions: 0,
        }
    }

    pub fn add(&mut self, profile: &TrainingProfile, features: &Features, score: f64) {
        let values = profile.features.iter().zip(features.values());
        for (counts, (feature, value)) in self.features.iter_mut().zip(values) {
            counts[feature.cell(*value)] += 1;
        }
        self.scores[profile.scores.cell(score)] += 1;
        self.transactions += 1;
    }

    fn add_counts(&mut self, other: &Self) {
        for (into, from) in self.features.iter_mut().zip(&other.features) {
            add(into, from);
        }
        add(&mut self.scores, &other.scores);
        self.transactions += other.transactions;
    }
}

fn add(into: &mut [u64], from: &[u64]) {
    for (into, from) in into.iter_mut().zip(from) {
        *into += from;
    }
}

impl Scoreboard {
    /// How the champion is doing as of `now_us` (epoch microseconds). `through` is the log sequence of the last event
    /// that was added.
    pub fn monitoring(&self, now_us: i64, through: u64) -> Monitoring {
        let today = now_us.div_euclid(MICROSECONDS_PER_DAY);
        let drift_from = today - DRIFT_DAYS;
        let recent = self.recent_spread(drift_from..today);
        let mature_until_us = mature_until(now_us);
        let outcome_from_us = mature_until_us - OUTCOME_DAYS * MICROSECONDS_PER_DAY;
        let mature: Vec<&Row> = self
            .rows
            .iter()
            .filter(|row| (outcome_from_us..=mature_until_us).contains(&row.occurred_at_us))
            .filter(|row| row.opinions[0].is_there())
            .collect();
        let (judged, unseen) = judged(&mature, [self.contenders[0].trained_through_us]);
        let measured: Vec<MeasuredRow> = judged.iter().map(|row| row.measured(0)).collect();
        let alerts: Vec<&&Row> = mature.iter().filter(|row| is_alert(row)).collect();
        let mut monitoring = Monitoring {
            model: self.contenders[0].hash.clone(),
            through,
            has_profile: self.profile.is_some(),
            drift_from_us: drift_from * MICROSECONDS_PER_DAY,
            drift_transactions: recent.as_ref().map_or(0, |spread| spread.transactions),
            features: self.feature_drift(recent.as_ref()),
            scores: self.score_drift(recent.as_ref()),
            outcome_from_us,
            mature_until_us,
            outcome: Measures::of(&measured),
            unseen,
            alerts: alerts.len() as u64,
            alert_frauds: alerts.iter().filter(|row| row.is_fraud()).count() as u64,
            days: self.days(mature_until_us),
            warnings: Vec::new(),
        };
        monitoring.warnings = monitoring.warnings();
        monitoring
    }

    /// Some whole days together.
    fn recent_spread(&self, days: Range<i64>) -> Option<DaySpread> {
        let mut recent = DaySpread::new(self.profile.as_ref()?);
        for spread in self.spread.range(days).map(|(_, spread)| spread) {
            recent.add_counts(spread);
        }
        Some(recent)
    }

    fn feature_drift(&self, recent: Option<&DaySpread>) -> Vec<FeatureDrift> {
        let (Some(profile), Some(recent)) = (&self.profile, recent) else {
            return Vec::new();
        };
        let enough = recent.transactions >= DRIFT_VALUES_MIN;
        self.contenders[0]
            .model
            .feature_set()
            .features()
            .iter()
            .zip(profile.features.iter().zip(&recent.features))
            .map(|(feature, (then, now))| FeatureDrift {
                feature: feature.name.to_owned(),
                index: enough.then(|| then.stability_index(now)).flatten(),
            })
            .collect()
    }

    fn score_drift(&self, spread: Option<&DaySpread>) -> Option<f64> {
        let spread = spread.filter(|spread| spread.transactions >= DRIFT_VALUES_MIN)?;
        self.profile
            .as_ref()?
            .scores
            .stability_index(&spread.scores)
    }

    fn days(&self, mature_until_us: i64) -> Vec<DayMonitoring> {
        let mut days: BTreeMap<i64, DayMonitoring> = BTreeMap::new();
        for row in &self.rows {
            let day = days.entry(row.day()).or_insert_with(|| DayMonitoring {
                day_us: row.day() * MICROSECONDS_PER_DAY,
                transactions: 0,
                scores: self.score_drift(self.spread.get(&row.day())),
                alerts: 0,
                alert_frauds: 0,
                mature: (row.day() + 1) * MICROSECONDS_PER_DAY <= mature_until_us,
            });
            day.transactions += 1;
            if is_alert(row) {
                day.alerts += 1;
                day.alert_frauds += u64::from(row.is_fraud());
            }
        }
        let skipped = days.len().saturating_sub(DAYS_MAX);
        days.into_values().skip(skipped).collect()
    }
}

/// Whether somebody was stopped, asked or looked at.
fn is_alert(row: &Row) -> bool {
    row.decided
        .is_some_and(|decision| decision != Decision::Approve)
}

impl Monitoring {
    /// Share of frauds among the alerts of the mature days.
    pub fn alert_precision(&self) -> Option<f64> {
        (self.alerts > 0).then(|| self.alert_frauds as f64 / self.alerts as f64)
    }

    fn warnings(&self) -> Vec<MonitoringWarning> {
        let mut warnings: Vec<MonitoringWarning> = self
            .features
            .iter()
            .filter_map(|drift| {
                let index = drift.index.filter(|index| *index >= STABILITY_SHIFTED)?;
                Some(MonitoringWarning::FeatureShifted {
                    feature: drift.feature.clone(),
                    index,
                })
            })
            .collect();
        if let Some(index) = self.scores.filter(|index| *index >= STABILITY_SHIFTED) {
            warnings.push(MonitoringWarning::ScoresShifted { index });
        }
        let (lowest, highest) = CALIBRATION_SLOPES;
        if let Some(slope) = self.outcome.calibration_slope
            && self.unseen
            && self.outcome.frauds >= CALIBRATION_FRAUDS_MIN
            && !(lowest..=highest).contains(&slope)
        {
            warnings.push(MonitoringWarning::Miscalibrated { slope });
        }
        if let Some(precision) = self.alert_precision()
            && self.alerts >= ALERTS_MIN
            && precision < ALERT_PRECISION_MIN
        {
            warnings.push(MonitoringWarning::FewAlertsAreFrauds { precision });
        }
        warnings
    }
}
