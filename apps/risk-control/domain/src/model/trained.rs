//! A model with its card: trained on the transactions of a training set, or received and measured on them.

use std::ops::Range;

use accord_learning::TrainingRows;

use super::{
    ChampionMeasures, HeldOutTest, LearnerSettings, MeasuredRow, Measures, ModelCard, ModelOrigin,
    ScoringModel, TrainingError, TrainingPeriod, TrainingProfile, TreesSettings, ValueProfile,
    Watch, train_model,
};
use crate::{
    features::FeatureSet,
    history::MICROSECONDS_PER_DAY,
    policy::Thresholds,
    training_set::{REPORTING_DAYS, RowOrigin, TrainingSet},
};

/// Share of the rows, the newest, on which a model is measured.
const HELD_OUT_SHARE: f64 = 0.25;
/// Days until the longest window is full. Rows before that show an empty log rather than customers, so drift is not
/// measured against them where there are others.
const WINDOWS_FULL_DAYS: i64 = 30;
/// Rows that a profile is made of, at most, taken evenly.
const PROFILE_ROWS_MAX: usize = 50_000;

/// A model that is not published yet, and what is to be known of it.
#[derive(Clone, Debug)]
pub struct TrainedModel {
    pub model: ScoringModel,
    pub card: ModelCard,
}

/// The model that decides, to measure another one against.
#[derive(Clone, Copy, Debug)]
pub struct Champion<'a> {
    /// Hash of its artefact.
    pub hash: &'a str,
    pub model: &'a ScoringModel,
    /// Event time of the last row that it was trained on, epoch microseconds, where that is known.
    pub trained_through_us: Option<i64>,
}

/// What a model is trained on or measured with.
#[derive(Clone)]
pub struct TrainingData<'a> {
    pub set: &'a TrainingSet,
    /// Event time of the transactions that are looked at.
    pub occurred_us: Range<i64>,
    /// Labels that were known then; epoch microseconds.
    pub cutoff_us: i64,
    /// Log sequence up to which the set was folded; 0 where it is not of this log.
    pub through: u64,
    pub champion: Option<Champion<'a>>,
}

/// What is wanted of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingOrder {
    pub purpose: String,
    pub origin: ModelOrigin,
    pub learner: LearnerSettings,
    pub threads: usize,
}

impl TrainingOrder {
    /// Standard trees on every core.
    pub fn standard(origin: ModelOrigin) -> Self {
        Self {
            purpose: "Probability that a card transaction is fraud".to_owned(),
            origin,
            learner: LearnerSettings::Trees(TreesSettings::STANDARD),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl TrainedModel {
    /// Trains a model and writes its card.
    ///
    /// What the model is worth and where its thresholds lie is found on the newest part of the rows, by one that was
    /// trained on the older part only: trees know the rows that they were grown on too well. The model itself is then
    /// trained on all rows.
    pub fn train(
        data: &TrainingData<'_>,
        order: &TrainingOrder,
        watch: Watch<'_>,
    ) -> Result<Self, TrainingError> {
        let all = Rows::within(data, data.occurred_us.clone())?;
        let parts = data.split()?;
        let rehearsed = match &parts {
            Some((older, newer)) => {
                match train_model(&older.rows, &order.learner, order.threads, &mut |share| {
                    watch(0.4 * share)
                }) {
                    Ok(model) => Some((model, newer)),
                    // Too little to hold anything out.
                    Err(TrainingError::OneClass) => None,
                    Err(error) => return Err(error),
                }
            }
            None => None,
        };
        let model = train_model(&all.rows, &order.learner, order.threads, &mut |share| {
            watch(0.4 + 0.6 * share)
        })?;
        let (held_out, scores) = match &rehearsed {
            Some((rehearsed, newer)) => {
                let scores = newer.scores(rehearsed);
                (Some(newer.test(&scores, data.champion)), scores)
            }
            None => (None, all.scores(&model)),
        };
        let card = ModelCard {
            limits: limits(data, order, held_out.as_ref()),
            purpose: order.purpose.clone(),
            origin: order.origin.clone(),
            learner: order.learner,
            feature_set: model.feature_set(),
            training: all.period(data.through),
            held_out,
            profile: all.profile(data.set, &scores),
            thresholds: Thresholds::for_standard_alert_load(scores),
        };
        Ok(Self { model, card })
    }

    /// Writes the card of a model that was trained elsewhere, measured on this bank's rows from `unseen_from_us` on
    /// (epoch microseconds), which nobody showed it; on the newest rows where that is not known, or tells nothing.
    pub fn received(
        model: ScoringModel,
        data: &TrainingData<'_>,
        order: &TrainingOrder,
        training: TrainingPeriod,
        unseen_from_us: Option<i64>,
    ) -> Result<Self, TrainingError> {
        let all = Rows::within(data, data.occurred_us.clone())?;
        let comparable = model.feature_set() == FeatureSet::CURRENT;
        let unseen = match unseen_from_us {
            Some(from_us) => Rows::within(data, from_us..data.occurred_us.end)?.of_both_kinds(),
            None => None,
        };
        let was_unseen = unseen.is_some();
        let newer = match unseen {
            Some(unseen) => Some(unseen),
            None => data.split()?.map(|(_, newer)| newer),
        };
        let (held_out, scores) = match &newer {
            Some(newer) if comparable => {
                let scores = newer.scores(&model);
                (Some(newer.test(&scores, data.champion)), scores)
            }
            _ if comparable => (None, all.scores(&model)),
            _ => (None, Vec::new()),
        };
        let mut limits = limits(data, order, held_out.as_ref());
        if !was_unseen {
            limits.push(
                "Measured on rows that its training may have seen, at this bank or through it."
                    .to_owned(),
            );
        }
        let card = ModelCard {
            limits,
            purpose: order.purpose.clone(),
            origin: order.origin.clone(),
            learner: order.learner,
            feature_set: model.feature_set(),
            training,
            held_out,
            profile: all.profile(data.set, &scores),
            thresholds: Thresholds::for_standard_alert_load(scores),
        };
        Ok(Self { model, card })
    }
}

impl TrainingData<'_> {
    /// The older and the newer rows; `None` where the newer ones are of one kind only.
    fn split(&self) -> Result<Option<(Rows, Rows)>, TrainingError> {
        let share = 1.0 - HELD_OUT_SHARE;
        let Some(split_us) = self
            .set
            .moment_at_share(&self.occurred_us, self.cutoff_us, share)
        else {
            return Ok(None);
        };
        let older = Rows::within(self, self.occurred_us.start..split_us)?;
        let newer = Rows::within(self, split_us..self.occurred_us.end)?;
        Ok(newer.of_both_kinds().map(|newer| (older, newer)))
    }
}

/// Rows with what they are rows of.
struct Rows {
    rows: TrainingRows,
    origins: Vec<RowOrigin>,
}

impl Rows {
    fn within(data: &TrainingData<'_>, occurred_us: Range<i64>) -> Result<Self, TrainingError> {
        let (rows, _) = data
            .set
            .rows_within(occurred_us.clone(), data.cutoff_us)
            .map_err(|error| TrainingError::Learner(error.to_string()))?;
        let origins = data.set.origins_within(&occurred_us, data.cutoff_us);
        Ok(Self { rows, origins })
    }

    fn frauds(&self) -> usize {
        self.rows.labels().iter().filter(|fraud| **fraud).count()
    }

    fn scores(&self, model: &ScoringModel) -> Vec<f64> {
        self.rows
            .iter()
            .map(|(features, _)| model.score_values(features))
            .collect()
    }

    fn measures(&self, scores: &[f64]) -> Measures {
        let rows: Vec<MeasuredRow> = scores
            .iter()
            .zip(&self.origins)
            .zip(self.rows.labels())
            .map(|((score, origin), fraud)| MeasuredRow {
                occurred_at_us: origin.occurred_at_us,
                customer: origin.customer,
                score: *score,
                fraud: *fraud,
            })
            .collect();
        Measures::of(&rows)
    }

    fn test(&self, scores: &[f64], champion: Option<Champion<'_>>) -> HeldOutTest {
        let champion = champion
            .filter(|champion| champion.model.feature_set() == FeatureSet::CURRENT)
            .map(|champion| ChampionMeasures {
                model: champion.hash.to_owned(),
                measures: self.measures(&self.scores(champion.model)),
            });
        let (first_us, last_us) = self.extent().unwrap_or_default();
        HeldOutTest {
            first_us,
            last_us,
            model: self.measures(scores),
            champion,
        }
    }

    /// Nothing where all rows are of one kind: they tell nothing of how well the kinds are told apart.
    fn of_both_kinds(self) -> Option<Self> {
        let frauds = self.frauds();
        (frauds > 0 && frauds < self.rows.len()).then_some(self)
    }

    fn period(&self, through: u64) -> TrainingPeriod {
        let extent = self.extent();
        TrainingPeriod {
            through,
            first_us: extent.map(|(first, _)| first),
            last_us: extent.map(|(_, last)| last),
            rows: self.rows.len() as u64,
            frauds: self.frauds() as u64,
            label_delay_days: REPORTING_DAYS as u32,
        }
    }

    fn extent(&self) -> Option<(i64, i64)> {
        let times = || self.origins.iter().map(|origin| origin.occurred_at_us);
        Some((times().min()?, times().max()?))
    }

    fn profile(&self, set: &TrainingSet, scores: &[f64]) -> TrainingProfile {
        let full_from_us =
            set.first_occurred_us().unwrap_or_default() + WINDOWS_FULL_DAYS * MICROSECONDS_PER_DAY;
        let full: Vec<usize> = (0..self.rows.len())
            .filter(|row| self.origins[*row].occurred_at_us >= full_from_us)
            .collect();
        let chosen = if full.is_empty() {
            (0..self.rows.len()).collect()
        } else {
            full
        };
        let step = chosen.len().div_ceil(PROFILE_ROWS_MAX).max(1);
        let features = (0..self.rows.feature_count())
            .map(|feature| {
                let values: Vec<f64> = chosen
                    .iter()
                    .step_by(step)
                    .map(|row| self.rows.features(*row)[feature])
                    .collect();
                ValueProfile::of(&values)
            })
            .collect();
        TrainingProfile {
            features,
            scores: ValueProfile::of(scores),
        }
    }
}

fn limits(
    data: &TrainingData<'_>,
    order: &TrainingOrder,
    held_out: Option<&HeldOutTest>,
) -> Vec<String> {
    let mut limits = vec![
        "Transactions that were declined have a label only where the customer reported them all the same."
            .to_owned(),
    ];
    if order.origin == ModelOrigin::Simulated {
        limits.push(
            "Trained on simulated transactions: a beginning, to be replaced once there are labels of the bank's own."
                .to_owned(),
        );
    }
    let Some(held_out) = held_out else {
        limits.push(
            "There were too few labelled transactions to measure it on rows that it had not seen."
                .to_owned(),
        );
        return limits;
    };
    let champion_saw_them = data.champion.is_some_and(|champion| {
        champion
            .trained_through_us
            .is_some_and(|last_us| last_us >= held_out.first_us)
    });
    if champion_saw_them {
        limits.push(
            "The model that decided was trained on some of the held-out rows, which flatters its figures."
                .to_owned(),
        );
    }
    limits
}
