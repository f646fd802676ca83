//! What comes out of an evaluation.

use std::fmt;

use serde::Serialize;

/// How customers and models are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// One bank has all customers.
    Pooled,
    /// Every bank has its own customers, its own statistics of terminals and its own model; all scores of a fold are
    /// measured together, on the same transactions as pooled.
    BanksAlone { banks: u32 },
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pooled => formatter.write_str("All customers in one bank"),
            Self::BanksAlone { banks } => write!(formatter, "{banks} banks, each alone"),
        }
    }
}

/// One fold. A figure that the fold does not define (no fraud, for example) is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoldFigures {
    pub training_from: String,
    pub test_from: String,
    pub test_to: String,
    /// Test transactions, without those of customers who are known as defrauded.
    pub transactions: u64,
    pub frauds: u64,
    pub auc: Option<f64>,
    pub average_precision: Option<f64>,
    pub card_precision_100: Option<f64>,
    pub calibration_slope: Option<f64>,
}

/// Seconds spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// Transactions that went through the decider.
    pub transactions: u64,
    /// All transactions and labels through the decider.
    pub replay_seconds: f64,
    pub training_seconds: f64,
    /// Rows of all trainings.
    pub training_rows: u64,
    pub scoring_seconds: f64,
}

/// The folds of one scheme and their means.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    pub scheme: Scheme,
    pub folds: Vec<FoldFigures>,
    pub mean: Means,
    pub timing: Timing,
}

/// Means over the folds; absent where one of the folds has no figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Means {
    pub auc: Option<f64>,
    pub average_precision: Option<f64>,
    pub card_precision_100: Option<f64>,
    pub calibration_slope: Option<f64>,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub transactions: u64,
    pub frauds: u64,
    pub customers: u64,
    pub terminals: u64,
    pub training_days: u32,
    pub schemes: Vec<Figures>,
}

impl Figures {
    pub fn new(scheme: Scheme, folds: Vec<FoldFigures>, timing: Timing) -> Self {
        let mean = |figure: fn(&FoldFigures) -> Option<f64>| {
            let figures: Option<Vec<f64>> = folds.iter().map(figure).collect();
            figures
                .filter(|figures| !figures.is_empty())
                .map(|figures| figures.iter().sum::<f64>() / figures.len() as f64)
        };
        Self {
            scheme,
            mean: Means {
                auc: mean(|fold| fold.auc),
                average_precision: mean(|fold| fold.average_precision),
                card_precision_100: mean(|fold| fold.card_precision_100),
                calibration_slope: mean(|fold| fold.calibration_slope),
            },
            folds,
            timing,
        }
    }
}
