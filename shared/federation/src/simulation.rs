//! A whole job in one process, message by message, through the same machines and bytes as over a network.
//!
//! What a network and crashing machines do to it is the [`Weather`]. Nothing here is used in production: it is for the
//! tests, for `accord federation prove` and for the benchmark.

mod run;
mod site;
mod weather;

pub use run::{Figures, Outcome, Simulation, SimulationError};
pub use weather::{Fair, Fate, Moment, Stage, Weather};
