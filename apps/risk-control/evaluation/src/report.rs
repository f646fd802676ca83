//! What comes out of an evaluation.

use std::fmt;

use accord_learning::entities::CellWidth;
use serde::Serialize;

/// How customers and models are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// One bank has all customers.
    Pooled,
    /// Every bank has its own customers, its own statistics of terminals and its own model; all scores of a fold are
    /// measured together, on the same transactions as pooled.
    BanksAlone { banks: u32 },
    /// Every bank has its own statistics; the model is trained by secure sums over all of them.
    SharedModel { banks: u32 },
    /// Every bank also knows what the others together saw of terminals, by cells of time; models are its own.
    SharedStatistics { banks: u32, cells: CellWidth },
    /// Statistics of terminals and the model are shared, both by secure sums.
    Federation { banks: u32, cells: CellWidth },
    /// As [`Scheme::Federation`], with statistics by week in which a customer can change little, and noise that keeps ε
    /// (δ is a millionth) where there is one.
    Private { banks: u32, epsilon: Option<f64> },
    /// The rows of the federation, features and all, in one place: what the federation must equal.
    PooledRows { cells: CellWidth },
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pooled => formatter.write_str("All customers in one bank"),
            Self::BanksAlone { banks } => write!(formatter, "{banks} banks, each alone"),
            Self::SharedModel { banks } => write!(formatter, "{banks} banks, shared model only"),
            Self::SharedStatistics { banks, cells } => {
                write!(
                    formatter,
                    "{banks} banks, shared {} statistics only",
                    adjective(*cells)
                )
            }
            Self::Federation { banks, cells } => {
                write!(
                    formatter,
                    "{banks} banks, full federation, {} cells",
                    adjective(*cells)
                )
            }
            Self::Private {
                banks,
                epsilon: Some(epsilon),
            } => write!(
                formatter,
                "{banks} banks, weekly cells, noise for ε = {epsilon}"
            ),
            Self::Private {
                banks,
                epsilon: None,
            } => write!(formatter, "{banks} banks, weekly cells, capped, no noise"),
            Self::PooledRows { cells } => {
                write!(
                    formatter,
                    "The same rows in one place, {} cells",
                    adjective(*cells)
                )
            }
        }
    }
}

/// A cell's width in words.
pub fn adjective(cells: CellWidth) -> &'static str {
    match cells {
        CellWidth::Hourly => "hourly",
        CellWidth::SixHourly => "six-hourly",
        CellWidth::Daily => "daily",
        CellWidth::Weekly => "weekly",
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
