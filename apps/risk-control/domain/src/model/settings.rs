//! How a model is to be trained.

use serde::{Deserialize, Serialize};

/// A learner with everything that can be chosen of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearnerSettings {
    Trees(TreesSettings),
    Logistic(LogisticSettings),
}

/// Gradient-boosted trees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreesSettings {
    pub trees: u32,
    /// Levels of splits in a tree.
    pub depth: u32,
    /// Every leaf is multiplied by it.
    pub learning_rate: f64,
    /// Share of the rows that a tree is grown on.
    pub row_share: f64,
    /// Share of the features that a tree may use.
    pub column_share: f64,
    /// Bins of a feature, at most.
    pub bins: u32,
    /// Rows and features are sampled by a hash of it.
    pub seed: u64,
}

/// Logistic regression.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticSettings {
    /// Newton steps, at most.
    pub rounds_max: u32,
    /// L2 penalty on the standardised weights.
    pub ridge: f64,
}

/// A setting that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingFault {
    /// Name of the setting.
    pub setting: &'static str,
    pub message: &'static str,
}

pub const TREES_MAX: u32 = 1_000;
pub const DEPTH_MAX: u32 = 8;
pub const ROUNDS_MAX: u32 = 50;

impl TreesSettings {
    /// What a node trains unless told otherwise. Small steps, since fraud is rare and its signs are few; half of the
    /// features, so that terminals and amounts take turns.
    pub const STANDARD: Self = Self {
        trees: 200,
        depth: 4,
        learning_rate: 0.05,
        row_share: 0.8,
        column_share: 0.5,
        bins: 255,
        seed: 1,
    };
}

impl LogisticSettings {
    pub const STANDARD: Self = Self {
        rounds_max: 8,
        ridge: 1.0,
    };
}

impl LearnerSettings {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trees(_) => "trees",
            Self::Logistic(_) => "logistic",
        }
    }

    /// Everything that makes no sense.
    pub fn faults(&self) -> Vec<SettingFault> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let checks = match self {
            Self::Trees(trees) => vec![
                (
                    "trees",
                    (1..=TREES_MAX).contains(&trees.trees),
                    "must lie between 1 and 1000",
                ),
                (
                    "depth",
                    (1..=DEPTH_MAX).contains(&trees.depth),
                    "must lie between 1 and 8",
                ),
                (
                    "learning_rate",
                    share(trees.learning_rate),
                    "must lie above 0 and be at most 1",
                ),
                (
                    "row_share",
                    share(trees.row_share),
                    "must lie above 0 and be at most 1",
                ),
                (
                    "column_share",
                    share(trees.column_share),
                    "must lie above 0 and be at most 1",
                ),
            ],
            Self::Logistic(logistic) => vec![
                (
                    "rounds_max",
                    (1..=ROUNDS_MAX).contains(&logistic.rounds_max),
                    "must lie between 1 and 50",
                ),
                (
                    "ridge",
                    logistic.ridge > 0.0 && logistic.ridge <= 1e6,
                    "must lie above 0 and be at most 1000000",
                ),
            ],
        };
        checks
            .into_iter()
            .filter(|(_, holds, _)| !holds)
            .map(|(setting, _, message)| SettingFault { setting, message })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_settings_make_sense_and_senseless_ones_are_named() {
        assert_eq!(LearnerSettings::Trees(TreesSettings::STANDARD).faults(), []);
        assert_eq!(
            LearnerSettings::Logistic(LogisticSettings::STANDARD).faults(),
            []
        );
        let senseless = LearnerSettings::Trees(TreesSettings {
            trees: 0,
            depth: 9,
            learning_rate: f64::NAN,
            ..TreesSettings::STANDARD
        });
        let named: Vec<&str> = senseless
            .faults()
            .iter()
            .map(|fault| fault.setting)
            .collect();
        assert_eq!(named, ["trees", "depth", "learning_rate"]);
    }
}
