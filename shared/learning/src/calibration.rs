//! From a model's log-odds to probabilities that mean what they say.

mod isotonic;
mod line;

use serde::{Deserialize, Serialize};

pub use isotonic::IsotonicCurve;
pub use line::CalibrationLine;
pub(crate) use line::{Observation, fit_line};

use crate::deterministic::sigmoid;
use crate::evaluation::ScoreBins;

/// A non-decreasing map from raw to calibrated log-odds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    /// The raw log-odds stand as they are.
    #[default]
    None,
    /// A line (Platt, 1999): two numbers, so a few hundred positive rows are enough.
    Line(CalibrationLine),
    /// A curve (Zadrozny and Elkan, 2002): bends where the scores are wrong in one region only, and needs thousands of
    /// positive rows.
    Isotonic(IsotonicCurve),
}

impl Calibration {
    /// The line that fits held-out counts best; `None` if they determine none.
    pub fn fit_line(bins: &ScoreBins) -> Option<Self> {
        let line = fit_line(&bins.observations())?;
        // A falling line would turn the ranking round: the scores know nothing, and a line cannot mend that.
        (line.slope > 0.0).then_some(Self::Line(line))
    }

    /// The non-decreasing curve that fits held-out counts best; `None` without rows of both classes.
    pub fn fit_isotonic(bins: &ScoreBins) -> Option<Self> {
        IsotonicCurve::fit(&bins.observations()).map(Self::Isotonic)
    }

    /// Calibrated log-odds.
    #[inline]
    pub fn log_odds(&self, raw: f64) -> f64 {
        match self {
            Self::None => raw,
            Self::Line(line) => line.intercept + line.slope * raw,
            Self::Isotonic(curve) => curve.log_odds(raw),
        }
    }

    /// Calibrated probability.
    #[inline]
    pub fn probability(&self, raw: f64) -> f64 {
        sigmoid(self.log_odds(raw))
    }
}
