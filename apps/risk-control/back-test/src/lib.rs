//! What a candidate policy would have done, beside the active one, over history.
//!
//! ```text
//!  events ──► ColumnBuilder ──► Columns ◄──► column file (bytes: versioned, checksummed, rebuildable)
//!                                  │
//!      two policies, models, labels ──► Tally of each part of the history ──► merged ──► BackTestReport
//! ```
//!
//! History stands in columns because a changed rule reads three fields of fifty: a condition is evaluated for a thousand
//! transactions at a time, and what does not change (features, scores of the same model) is not computed again.
//!
//! **Labels.** Every figure stands there twice: *as known then*, with the labels that had become known by the end of the
//! period, and *with hindsight*, with those that are known now. What nobody reported within a week counts as genuine,
//! except where it was declined: nobody reports what was stopped, so those transactions are counted apart and decide no
//! figure.
//!
//! Pure: bytes come in and go out as slices; no file, clock or thread is touched.

mod builder;
mod column_file;
mod columns;
mod counterfactual;
mod labels;
mod packed;
mod policy_run;
mod report;
mod score_file;
mod scores;
mod tally;

pub use builder::{ColumnBuilder, EventPlace};
pub use column_file::{ColumnFile, ColumnFileError, FORM};
pub use columns::{Columns, LabelRecord, TextColumn};
pub use counterfactual::Counterfactual;
pub use labels::{Knowledge, LabelIndex};
pub use policy_run::{PolicyFault, PolicyRun, Verdicts};
pub use report::{
    BackTestReport, CapacityFigures, ClassCounts, Comparison, Counts, DayFigures, DecisionMatrix,
    PolicyFigures, RuleFigures,
};
pub use score_file::{read_scores, write_scores};
pub use scores::{ModelsOfPolicies, Scores, score, scored_then};
pub use tally::{Decided, Question, Tally};

#[cfg(test)]
mod tests;
