//! How good scores are: ranking, the first hundred cards of a day, and probabilities.
//!
//! Scores are any finite numbers for the ranking metrics, and probabilities for the others. A figure that is undefined
//! (no positive row, or no negative one) is `None`, never a made-up number.

mod calibration;
mod card_precision;
mod probability;
mod ranking;
pub mod top_n;

pub use crate::calibration::CalibrationLine;
pub use calibration::calibration_line;
pub use card_precision::{ScoredTransaction, card_precision};
pub use probability::{brier_score, log_loss};
pub(crate) use ranking::{TiedGroup, average_precision_of_groups, roc_auc_of_groups};
pub use ranking::{average_precision, roc_auc};
