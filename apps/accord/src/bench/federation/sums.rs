//! Sums of one shape.

use accord_bench::{number::measured, process::ProcessUsage, report::Tabular};
use accord_federation::plan::{LearnerPlan, StatisticPlan};
use accord_federation::simulation::Simulation;
use accord_federation::{Consortium, Draft, KeyedRng, RingBits};
use anyhow::ensure;
use serde::Serialize;

use super::{vectors::VectorSums, watch::Watch};
use crate::federation::random_secret;

/// How many sum how much.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub parties: usize,
    pub dimension: usize,
    pub ring: RingBits,
}

/// What a sum costs.
#[derive(Debug, Clone, Serialize)]
pub struct SumCosts {
    pub institutions: usize,
    pub dimension: usize,
    pub ring_bits: u32,
    pub sums: usize,
    /// Median seconds of a sum, keys being set up.
    pub round_seconds: f64,
    /// Seconds for the keys of one sum, of all institutions together.
    pub setup_seconds_per_sum: f64,
    pub aim_seconds: Option<f64>,
    /// Processor seconds of everybody for one sum, keys included.
    pub processor_seconds_per_sum: f64,
    /// Bytes that an institution sends for one sum, keys and shares included.
    pub bytes_up_per_sum: f64,
    pub bytes_up_per_coordinate: f64,
    /// Memory resident at most, of all institutions and the coordinator together, since the process began.
    pub resident_bytes_max: u64,
}

/// Sums vectors of one shape.
pub fn measure(
    shape: Shape,
    aim_seconds: Option<f64>,
    rounds: usize,
    threads: usize,
) -> anyhow::Result<SumCosts> {
    let learner = VectorSums::new(shape.dimension, rounds as u32);
    let consortium = Consortium::found(
        draft(shape, rounds, &learner),
        &mut KeyedRng::new(&random_secret()?),
    )?;
    let values: Vec<Vec<i64>> = (0..shape.parties as i64)
        .map(|party| {
            (0..shape.dimension as i64)
                .map(|at| (at + party) % 1_000 - 500)
                .collect()
        })
        .collect();
    let rows: Vec<_> = values.iter().collect();
    let expected: i64 = values.iter().filter_map(|vector| vector.first()).sum();
    let mut simulation =
        Simulation::new(consortium, learner, &rows, &random_secret()?)?.with_threads(threads);
    let mut watch = Watch::default();
    let before = ProcessUsage::now()?;
    let outcome = simulation.run(&mut watch)?;
    let usage = ProcessUsage::now()?.since(&before);
    ensure!(
        outcome.model.iter().all(|first| *first == expected),
        "a sum is wrong"
    );
    let mut seconds = watch.round_seconds();
    seconds.sort_by(f64::total_cmp);
    let bytes_up_per_sum = outcome.figures.bytes_up_max as f64 / rounds as f64;
    Ok(SumCosts {
        institutions: shape.parties,
        dimension: shape.dimension,
        ring_bits: shape.ring.bits(),
        sums: rounds,
        round_seconds: seconds.get(seconds.len() / 2).copied().unwrap_or_default(),
        setup_seconds_per_sum: watch.setup_seconds() / rounds as f64,
        aim_seconds,
        processor_seconds_per_sum: usage.processor_seconds() / rounds as f64,
        bytes_up_per_sum,
        bytes_up_per_coordinate: bytes_up_per_sum / shape.dimension as f64,
        resident_bytes_max: usage.resident_bytes_max,
    })
}

fn draft(shape: Shape, rounds: usize, learner: &VectorSums) -> Draft {
    Draft {
        job: "bench".to_owned(),
        parties: shape.parties,
        colluders: 0,
        slots_per_batch: rounds as u16,
        rows_max: 1_000,
        statistics: vec![StatisticPlan {
            prefix: "vector".to_owned(),
            ring: shape.ring,
            fraction_bits: 0,
            row_bound: 1,
            dimension_max: shape.dimension as u32,
            sums_max: rounds as u32,
            noise: None,
        }],
        privacy: None,
        learner: LearnerPlan::of("vectors", String::new(), learner),
    }
}

impl Tabular for SumCosts {
    const HEADINGS: &'static [&'static str] = &[
        "k",
        "round s",
        "aim s",
        "set-up s a sum",
        "processor s a sum",
        "bytes up a sum",
        "a coordinate",
        "RSS max MiB",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.ring_bits.to_string(),
            measured(self.round_seconds),
            self.aim_seconds.map_or_else(String::new, measured),
            measured(self.setup_seconds_per_sum),
            measured(self.processor_seconds_per_sum),
            measured(self.bytes_up_per_sum),
            measured(self.bytes_up_per_coordinate),
            (self.resident_bytes_max >> 20).to_string(),
        ]
    }
}
