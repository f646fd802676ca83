//! Released sums of entities.

use serde::{Deserialize, Serialize};

use super::plan::CellWidth;
use crate::content_hash::content_hash;

/// What was summed of one entity in one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellTotals {
    /// How often it was used.
    pub uses: i64,
    /// Frauds that became known, less those that were taken back.
    pub frauds: i64,
    /// How many cells ago these had happened, added up; negative for those that were taken back.
    pub age_cells: i64,
    /// Amounts in minor units; 0 where the plan does not sum them.
    pub amount_minor: i64,
}

impl CellTotals {
    /// The other part of a sum.
    pub fn minus(self, part: Self) -> Self {
        Self {
            uses: self.uses - part.uses,
            frauds: self.frauds - part.frauds,
            age_cells: self.age_cells - part.age_cells,
            amount_minor: self.amount_minor - part.amount_minor,
        }
    }

    fn is_zero(self) -> bool {
        self == Self::default()
    }
}

/// One cell of all entities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Its number; see [`CellWidth::cell_of`].
    pub number: i64,
    /// Places with what happened there, ascending; the others saw nothing.
    pub totals: Vec<(u32, CellTotals)>,
}

/// All released cells, in their order. Cells whose release was lost are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityStatistics {
    width: CellWidth,
    cells: Vec<Cell>,
}

impl EntityStatistics {
    pub(super) fn new(width: CellWidth) -> Self {
        Self {
            width,
            cells: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    /// How long a cell is.
    pub fn width(&self) -> CellWidth {
        self.width
    }

    /// The cells, in their order.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// What happened at an entity in a cell; zeros where nothing did or nothing was released.
    pub fn totals(&self, number: i64, place: u32) -> CellTotals {
        let cell = self
            .cells
            .binary_search_by_key(&number, |cell| cell.number)
            .map(|index| &self.cells[index]);
        cell.ok()
            .and_then(|cell| {
                let at = cell.totals.binary_search_by_key(&place, |entry| entry.0);
                at.ok().map(|at| cell.totals[at].1)
            })
            .unwrap_or_default()
    }

    /// What the others saw, given what one holder saw itself (its own events through the same plan, absorbed alone), of
    /// the cells in which its events were summed.
    pub fn without(&self, own: &Self) -> Self {
        let mut own_cells = own.cells.iter().peekable();
        let cells = self.cells.iter().map(|cell| {
            while own_cells.next_if(|own| own.number < cell.number).is_some() {}
            match own_cells.next_if(|own| own.number == cell.number) {
                Some(own) => Cell {
                    number: cell.number,
                    totals: difference(&cell.totals, &own.totals),
                },
                None => cell.clone(),
            }
        });
        Self {
            width: self.width,
            cells: cells.collect(),
        }
    }

    /// The name of these statistics: SHA-256 over their canonical JSON.
    pub fn content_hash(&self) -> String {
        content_hash(self)
    }
}

/// Both lists are ascending.
fn difference(all: &[(u32, CellTotals)], part: &[(u32, CellTotals)]) -> Vec<(u32, CellTotals)> {
    let mut rest = Vec::with_capacity(all.len());
    let mut part = part.iter().copied().peekable();
    let nothing = CellTotals::default();
    for (place, totals) in all {
        // Sums that cancelled out, or noise.
        while let Some((place, own)) = part.next_if(|own| own.0 < *place) {
            rest.push((place, nothing.minus(own)));
        }
        let own = part.next_if(|own| own.0 == *place);
        let left = totals.minus(own.map_or(nothing, |(_, own)| own));
        if !left.is_zero() {
            rest.push((*place, left));
        }
    }
    rest.extend(part.map(|(place, own)| (place, nothing.minus(own))));
    rest
}
