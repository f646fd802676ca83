//! What holders agree on before entities are summed.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::names::EntityNames;

/// How long a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellWidth {
    /// 1 hour.
    Hourly,
    /// 6 hours.
    SixHourly,
    /// 1 day.
    Daily,
    /// 7 days, from Thursday to Wednesday, as the first of 1970 was a Thursday.
    Weekly,
}

const HOUR_US: i64 = 3_600_000_000;

impl CellWidth {
    /// In microseconds.
    pub fn microseconds(self) -> i64 {
        HOUR_US * self.hours()
    }

    /// The number of the cell that holds a moment (epoch microseconds): 0 begins at 1970-01-01 (UTC).
    pub fn cell_of(self, at_us: i64) -> i64 {
        at_us.div_euclid(self.microseconds())
    }

    fn hours(self) -> i64 {
        match self {
            Self::Hourly => 1,
            Self::SixHourly => 6,
            Self::Daily => 24,
            Self::Weekly => 7 * 24,
        }
    }
}

/// Which entities, which cells, which measures. [`EntityLearner::new`](super::EntityLearner::new) checks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityPlan {
    /// What entities are called.
    pub names: EntityNames,
    /// How long a cell is.
    pub width: CellWidth,
    /// The first cell; see [`CellWidth::cell_of`].
    pub first_cell: i64,
    /// Number of cells.
    pub cell_count: u32,
    /// Cells that are summed together once the last of them is over. The last release may have fewer.
    pub cells_per_release: u32,
    /// Frauds that are older when they become known count as this many cells old.
    pub age_cells_max: u32,
    /// Where amounts are summed as well: the most that one use counts with, in minor units.
    pub amount_minor_max: Option<u64>,
    /// Sums carry noise: what should be a count may be below zero.
    pub noisy: bool,
}

/// A plan that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("an entity exchange needs {wanted}")]
pub struct PlanError {
    wanted: &'static str,
}

/// Uses, frauds, ages; then amounts where they are wanted.
pub(super) const USES: usize = 0;
pub(super) const FRAUDS: usize = 1;
pub(super) const AGES: usize = 2;
pub(super) const AMOUNTS: usize = 3;

impl EntityPlan {
    /// Exact sums of uses and frauds (known at most 120 days late) of the cells from `first_cell`, a day to a release,
    /// or a cell where it is longer.
    pub fn new(names: EntityNames, width: CellWidth, first_cell: i64, cell_count: u32) -> Self {
        let per_day = (24 / width.hours()).max(1) as u32;
        Self {
            names,
            width,
            first_cell,
            cell_count,
            cells_per_release: per_day,
            age_cells_max: (120 * 24 / width.hours()) as u32,
            amount_minor_max: None,
            noisy: false,
        }
    }

    /// Number of releases.
    pub fn release_count(&self) -> u32 {
        self.cell_count.div_ceil(self.cells_per_release.max(1))
    }

    /// The moment at which the cells of a release are over (epoch microseconds): not to be asked for earlier.
    pub fn release_end_us(&self, release: u32) -> i64 {
        self.cells_of(release).end * self.width.microseconds()
    }

    /// The cells of a release.
    pub(super) fn cells_of(&self, release: u32) -> Range<i64> {
        let place = |release: u32| {
            let cells = u64::from(release) * u64::from(self.cells_per_release);
            self.first_cell + cells.min(u64::from(self.cell_count)).cast_signed()
        };
        place(release)..place(release.saturating_add(1))
    }

    /// Integers for each entity and cell.
    pub(super) fn measures(&self) -> usize {
        AMOUNTS + usize::from(self.amount_minor_max.is_some())
    }

    /// The most that one event adds to one of them.
    pub(super) fn row_bound(&self) -> u64 {
        let amount = self.amount_minor_max.unwrap_or(0);
        amount.max(u64::from(self.age_cells_max)).max(1)
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        const WITHIN: i64 = 1 << 40;
        let checks = [
            (!self.names.is_empty(), "at least one entity"),
            (self.cell_count > 0, "at least one cell"),
            (self.cells_per_release > 0, "a cell in each release"),
            (
                (-WITHIN..WITHIN).contains(&self.first_cell),
                "cells of this age of the world",
            ),
            (
                self.amount_minor_max.is_none_or(|most| most < 1 << 48),
                "amounts below 2^48 minor units",
            ),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            Some((_, wanted)) => Err(PlanError { wanted }),
            None => Ok(()),
        }
    }
}
