//! What one bank learns of the others: cells of an exchange, less its own part, in the order in which they are over.

use accord_learning::entities::{CellTotals, CellWidth, EntityStatistics};
use risk_control::SharedCell;

/// What the other banks saw of terminals, by the moment from which a bank may know it.
#[derive(Debug, Default)]
pub struct Others {
    /// Moment of release (epoch microseconds), terminal's index, cell; in the order of release.
    cells: Vec<(i64, (u32, SharedCell))>,
}

impl Others {
    /// Adds statistics of the others, later ones than those before, as `read` reads them. `terminals_of` has the indexes
    /// of the terminals of each place.
    pub fn add(
        &mut self,
        statistics: &EntityStatistics,
        terminals_of: &[Vec<u32>],
        read: impl Fn(CellTotals) -> CellTotals,
    ) {
        let width = statistics.width();
        for cell in statistics.cells() {
            let over_us = (cell.number + 1) * width.microseconds();
            for (place, totals) in &cell.totals {
                let shared = shared_cell(width, cell.number, read(*totals));
                let terminals = terminals_of.get(*place as usize);
                for terminal in terminals.into_iter().flatten() {
                    self.cells.push((over_us, (*terminal, shared)));
                }
            }
        }
    }

    /// Everything, in the order of release.
    #[cfg(test)]
    pub fn known(&self) -> &[(i64, (u32, SharedCell))] {
        &self.cells
    }

    /// From the first cell on.
    pub fn cells(&self) -> OthersCells<'_> {
        OthersCells { rest: &self.cells }
    }
}

/// A walk through [`Others`] as time passes.
#[derive(Debug, Clone, Copy, Default)]
pub struct OthersCells<'others> {
    rest: &'others [(i64, (u32, SharedCell))],
}

impl<'others> OthersCells<'others> {
    /// Nobody shares anything.
    pub fn none() -> Self {
        Self::default()
    }

    /// The cells that are over at a moment and were not before.
    pub fn over_by(
        &mut self,
        at_us: i64,
    ) -> impl Iterator<Item = &'others (u32, SharedCell)> + use<'others> {
        let over = self.rest.partition_point(|(over_us, _)| *over_us <= at_us);
        let (now, rest) = self.rest.split_at(over);
        self.rest = rest;
        now.iter().map(|(_, cell)| cell)
    }
}

/// Everything in a cell is taken to have happened in its middle. Noise may bring counts below zero: there was nothing.
fn shared_cell(width: CellWidth, number: i64, totals: CellTotals) -> SharedCell {
    let middle = |number: i64| number * width.microseconds() + width.microseconds() / 2;
    let age = totals.age_cells.checked_div(totals.frauds).unwrap_or(0);
    SharedCell {
        at_us: middle(number),
        uses: totals.uses.max(0).cast_unsigned(),
        amount_minor: totals.amount_minor,
        frauds: totals.frauds,
        happened_us: middle(number - age),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frauds_lie_in_the_cell_in_which_they_happened() {
        let hour = CellWidth::Hourly.microseconds();
        let totals = CellTotals {
            uses: 3,
            frauds: 2,
            age_cells: 2 * 168,
            amount_minor: 0,
        };
        let cell = shared_cell(CellWidth::Hourly, 1_000, totals);
        assert_eq!(cell.at_us, 1_000 * hour + hour / 2);
        assert_eq!(cell.happened_us, 832 * hour + hour / 2);
        let taken_back = CellTotals {
            frauds: -1,
            age_cells: -200,
            ..CellTotals::default()
        };
        let cell = shared_cell(CellWidth::Hourly, 1_032, taken_back);
        assert_eq!(cell.happened_us, 832 * hour + hour / 2);
    }

    #[test]
    fn a_cell_is_known_once_it_is_over() {
        let cells = [(10, 0), (10, 1), (20, 2)]
            .map(|(over_us, terminal)| (over_us, (terminal, SharedCell::default())));
        let others = Others {
            cells: cells.into(),
        };
        let mut walk = others.cells();
        let mut terminals =
            |at_us| -> Vec<u32> { walk.over_by(at_us).map(|(terminal, _)| *terminal).collect() };
        assert_eq!(terminals(9), [0_u32; 0]);
        assert_eq!(terminals(10), [0, 1]);
        assert_eq!(terminals(15), [0_u32; 0]);
        assert_eq!(terminals(99), [2]);
    }
}
