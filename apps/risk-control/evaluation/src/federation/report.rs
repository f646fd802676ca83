//! What comes out of a federated evaluation.

use accord_federation::simulation::Figures as ProtocolFigures;
use accord_learning::entities::CellWidth;
use serde::Serialize;

use super::SumPath;
use crate::report::Figures;

/// All schemes, and what holds them together.
#[derive(Clone, Debug, Serialize)]
pub struct FederatedReport {
    pub banks: u32,
    pub sums: SumPath,
    /// Banks alone, shared model only; for each width of cells shared statistics only, full federation, the same rows in
    /// one place; then all customers in one bank, which is the statistics of terminals with exact windows across banks.
    pub schemes: Vec<Figures>,
    /// For each width of cells and each fold.
    pub exactness: Vec<Exactness>,
    pub exchanges: Vec<ExchangeCosts>,
    pub trainings: TrainingCosts,
}

/// Whether the federation's model is the model of the same rows in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exactness {
    pub cells: CellWidth,
    pub training_from: String,
    pub federated: String,
    pub pooled: String,
    pub same: bool,
}

/// Exchanging terminals' statistics.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExchangeCosts {
    pub cells: CellWidth,
    /// Integers that were summed over the banks.
    pub coordinates: u64,
    /// Secure sums; 0 where they were plain.
    pub sums: u64,
    /// The most bytes that one bank sent.
    pub bytes_up_max: u64,
    pub seconds: f64,
}

/// Growing trees together, all folds and schemes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct TrainingCosts {
    pub trainings: u64,
    /// Secure sums; 0 where they were plain.
    pub sums: u64,
    /// The most bytes that one bank sent, of all trainings together.
    pub bytes_up_max: u64,
    pub seconds: f64,
}

impl FederatedReport {
    /// True if every federated model was the pooled one.
    pub fn is_exact(&self) -> bool {
        self.exactness.iter().all(|one| one.same)
    }
}

impl ExchangeCosts {
    pub(super) fn new(cells: CellWidth) -> Self {
        Self {
            cells,
            coordinates: 0,
            sums: 0,
            bytes_up_max: 0,
            seconds: 0.0,
        }
    }

    pub(super) fn add(&mut self, figures: Option<ProtocolFigures>) {
        let Some(figures) = figures else { return };
        self.sums += figures.sums;
        self.bytes_up_max += figures.bytes_up_max;
    }
}

impl TrainingCosts {
    pub(super) fn add(&mut self, figures: Option<ProtocolFigures>, seconds: f64) {
        self.trainings += 1;
        self.seconds += seconds;
        let Some(figures) = figures else { return };
        self.sums += figures.sums;
        self.bytes_up_max += figures.bytes_up_max;
    }
}
