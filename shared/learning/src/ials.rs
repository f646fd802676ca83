//! iALS: factors of shoppers and items for catalogues whose pairs are too many to sum (Hu, Koren and Volinsky, 2008;
//! Rendle et al., 2022, "Revisiting the performance of iALS on item recommendation benchmarks").
//!
//! A shopper's factors are solved from the items' factors where the shopper's history is, and never leave. An item's new
//! factors need only Σ u·uᵀ and Σ u over the shoppers who chose it and Σ u·uᵀ over all: sums, in fixed point and
//! clipped, of as many integers as there are items, whatever the number of pairs.

mod learner;
mod model;
mod plan;
mod shoppers;

pub use learner::{IalsLearner, IalsWorkspace};
pub use model::IalsModel;
pub use plan::IalsPlan;
