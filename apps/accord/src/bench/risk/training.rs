//! Training of boosted trees on made-up rows, beside LightGBM on the same rows.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::Instant,
};

use accord_learning::{
    TrainingRows,
    gbdt::{GbdtLearner, GbdtPlan, GbdtWorkspace},
    metrics::average_precision,
    train_centrally_with,
};
use serde::Serialize;

use super::{super::spine::random::Random, lightgbm};

const FEATURES: usize = 30;
/// Rows that nobody is trained on, for the average precision.
const TEST_SHARE: usize = 5;

/// What training took, and what it is worth.
#[derive(Debug, Serialize)]
pub struct TrainingFigures {
    pub rows: usize,
    pub features: usize,
    pub trees: u32,
    pub threads: usize,
    pub seconds: f64,
    /// On rows that were not trained on.
    pub average_precision: f64,
    pub lightgbm: lightgbm::Beside,
}

/// Trains on `rows` rows, and tests on a fifth as many others.
pub fn measure(rows: usize, beside: bool, folder: &Path) -> anyhow::Result<TrainingFigures> {
    let (training, values, labels) = made_up(rows, 1)?;
    let (test, test_values, test_labels) = made_up(rows / TEST_SHARE, 2)?;
    let names = (0..FEATURES).map(|feature| format!("f{feature}")).collect();
    let plan = GbdtPlan::new(names);
    let trees = plan.trees;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let begun = Instant::now();
    let learner = GbdtLearner::new(plan.clone())?;
    let model = train_centrally_with(learner, &training, GbdtWorkspace::with_threads(threads))?;
    let seconds = begun.elapsed().as_secs_f64();
    let scores: Vec<f64> = test.iter().map(|(row, _)| model.score(row)).collect();
    let lightgbm = if beside {
        for (name, values, labels) in [
            ("train", &values, &labels),
            ("test", &test_values, &test_labels),
        ] {
            write(&folder.join(format!("{name}.f64")), values)?;
            write(&folder.join(format!("{name}.labels.f64")), labels)?;
        }
        lightgbm::measure(folder, FEATURES, &plan, threads)
    } else {
        lightgbm::Beside::Skipped("asked for by --against-lightgbm".to_owned())
    };
    Ok(TrainingFigures {
        rows,
        features: FEATURES,
        trees,
        threads,
        seconds,
        average_precision: average_precision(&scores, test.labels()).unwrap_or(f64::NAN),
        lightgbm,
    })
}

/// Rows of which about one in fifty is fraud, in a way that takes several features and their products to tell.
fn made_up(rows: usize, seed: u64) -> anyhow::Result<(TrainingRows, Vec<f64>, Vec<f64>)> {
    let mut random = Random::new(seed);
    let mut training = TrainingRows::new(FEATURES);
    let (mut all, mut labels) = (
        Vec::with_capacity(rows * FEATURES),
        Vec::with_capacity(rows),
    );
    for id in 0..rows as u64 {
        let values: Vec<f64> = (0..FEATURES)
            // A quarter of a thousandth apart, as features of the node are.
            .map(|_| random.below(4_000) as f64 / 4_000.0)
            .collect();
        let sign = 6.0 * values[0] * values[1] + 3.0 * f64::from(u8::from(values[2] > 0.9))
            - 4.0 * values[3]
            + 2.0 * (values[4] - values[5]);
        let probability = 1.0 / (1.0 + (5.0 - sign).exp());
        let fraud = (random.below(1_000_000) as f64) < probability * 1e6;
        training.push(id, &values, fraud)?;
        all.extend_from_slice(&values);
        labels.push(f64::from(u8::from(fraud)));
    }
    Ok((training, all, labels))
}

fn write(path: &Path, values: &[f64]) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for value in values {
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()
}
