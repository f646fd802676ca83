//! Where the terminals are, and which of them lie within a radius.

use serde::Serialize;

use accord_random_stream::RandomStream;

use crate::purpose::Purpose;
use crate::settings::MAP_SIDE;

/// A point of the square map, both coordinates in `[0, MAP_SIDE)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Location {
    pub x: f64,
    pub y: f64,
}

impl Location {
    /// Uniform on the map.
    pub(crate) fn draw(stream: &mut RandomStream) -> Self {
        let x = stream.uniform(0.0, MAP_SIDE);
        let y = stream.uniform(0.0, MAP_SIDE);
        Self { x, y }
    }

    /// Euclidean distance in map units.
    pub fn distance(self, other: Self) -> f64 {
        libm::sqrt((self.x - other.x).powi(2) + (self.y - other.y).powi(2))
    }
}

/// Locations of terminals `0..count`. A terminal's location does not depend on how many there are.
pub(crate) fn draw_terminals(seed: u64, count: u32) -> Vec<Location> {
    (0..count)
        .map(|terminal| {
            let purpose = Purpose::TerminalLocation;
            Location::draw(&mut RandomStream::new(seed, purpose, terminal.into(), 0))
        })
        .collect()
}

/// Terminals by square cells no smaller than the radius, so that all terminals within the radius
/// of a point lie in its own cell or in one of the eight around it.
pub(crate) struct TerminalGrid<'a> {
    terminals: &'a [Location],
    radius: f64,
    cells_per_side: usize,
    /// Terminal indices of each cell, row by row.
    cells: Vec<Vec<u32>>,
}

impl<'a> TerminalGrid<'a> {
    pub(crate) fn new(terminals: &'a [Location], radius: f64) -> Self {
        let cells_per_side = ((MAP_SIDE / radius) as usize).clamp(1, MOST_CELLS_PER_SIDE);
        let mut grid = Self {
            terminals,
            radius,
            cells_per_side,
            cells: vec![Vec::new(); cells_per_side * cells_per_side],
        };
        for (terminal, location) in (0..).zip(terminals) {
            let (column, row) = (grid.cell_of(location.x), grid.cell_of(location.y));
            grid.cells[row * cells_per_side + column].push(terminal);
        }
        grid
    }

    /// Terminals nearer to `centre` than the radius, ascending.
    pub(crate) fn within_radius(&self, centre: Location) -> Vec<u32> {
        let neighbours = |cell: usize| {
            let last = self.cells_per_side - 1;
            cell.saturating_sub(1)..=(cell + 1).min(last)
        };
        let mut near = Vec::new();
        for row in neighbours(self.cell_of(centre.y)) {
            for column in neighbours(self.cell_of(centre.x)) {
                let cell = &self.cells[row * self.cells_per_side + column];
                near.extend(cell.iter().copied().filter(|&terminal| {
                    self.terminals[terminal as usize].distance(centre) < self.radius
                }));
            }
        }
        near.sort_unstable();
        near
    }

    fn cell_of(&self, coordinate: f64) -> usize {
        let cell = (coordinate / MAP_SIDE * self.cells_per_side as f64) as usize;
        cell.min(self.cells_per_side - 1)
    }
}

/// A tiny radius gains nothing from cells that are nearly all empty.
const MOST_CELLS_PER_SIDE: usize = 256;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{TerminalGrid, draw_terminals};

    proptest! {
        #[test]
        fn the_grid_finds_what_looking_at_every_terminal_finds(
            seed: u64,
            radius in prop_oneof![0.01..30.0, 90.0..150.0],
        ) {
            let terminals = draw_terminals(seed, 300);
            let grid = TerminalGrid::new(&terminals, radius);
            for centre in &terminals[..20] {
                let expected: Vec<u32> = (0..300)
                    .filter(|&terminal| terminals[terminal as usize].distance(*centre) < radius)
                    .collect();
                prop_assert_eq!(grid.within_radius(*centre), expected);
            }
        }
    }
}
