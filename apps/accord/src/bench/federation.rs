//! `accord bench federation`: what secure sums cost, everybody in one process.
//!
//! All messages go through their bytes in both directions. There is no network and no disk: this is the floor on which
//! both come on top.

mod report;
mod sums;
mod tree_growth;
mod vectors;
mod watch;

use std::process::ExitCode;

use crate::cli::FederationBenchArguments;
use accord_federation::RingBits;
use report::FederationReport;
use sums::{Shape, SumCosts};

/// What is measured, with the seconds that a sum may take.
const SHAPES: [(Shape, Option<f64>); 5] = [
    (
        Shape {
            parties: 3,
            dimension: 21,
            ring: RingBits::Bits64,
        },
        None,
    ),
    (
        Shape {
            parties: 10,
            dimension: 21,
            ring: RingBits::Bits64,
        },
        Some(0.05),
    ),
    (
        Shape {
            parties: 30,
            dimension: 21,
            ring: RingBits::Bits64,
        },
        Some(0.2),
    ),
    (
        Shape {
            parties: 10,
            dimension: 1_000_000,
            ring: RingBits::Bits32,
        },
        Some(0.6),
    ),
    (
        Shape {
            parties: 10,
            dimension: 1_000_000,
            ring: RingBits::Bits64,
        },
        None,
    ),
];

/// Measures and prints.
pub fn run(arguments: &FederationBenchArguments) -> anyhow::Result<ExitCode> {
    let threads = usize::from(arguments.threads);
    let mut sums: Vec<SumCosts> = Vec::new();
    for (shape, aim) in SHAPES {
        if arguments.small && shape.dimension > 1_000 {
            continue;
        }
        eprintln!(
            "measuring {} institutions, {} coordinates ...",
            shape.parties, shape.dimension
        );
        sums.push(sums::measure(
            shape,
            aim,
            usize::from(arguments.rounds),
            threads,
        )?);
    }
    let trees = if arguments.small {
        None
    } else {
        eprintln!("measuring trees ...");
        Some(tree_growth::measure(arguments.trees, threads)?)
    };
    let report = FederationReport {
        threads,
        sums,
        trees,
    };
    print!("{}", report.render(arguments.json)?);
    Ok(ExitCode::SUCCESS)
}
