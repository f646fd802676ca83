//! Grows boosted trees on synthetic rows and prints seconds and quality.
//!
//! `cargo run --release -p accord-learning --example train_gbdt -- [rows] [trees] [depth] [threads] [file]`
//!
//! With a file name, the training and test rows are also written there (little-endian `f32`: 30 features and the label
//! per row, training rows first), for another library to train on.

use std::io::Write;
use std::time::Instant;

use accord_learning::deterministic::{exp, sigmoid};
use accord_learning::gbdt::{GbdtLearner, GbdtPlan, GbdtWorkspace};
use accord_learning::metrics::{average_precision, calibration_line, log_loss, roc_auc};
use accord_learning::{Learner, MISSING, TrainingRows};

const FEATURES: usize = 30;
const TEST_ROWS: usize = 200_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| {
        arguments
            .next()
            .map_or(default, |text| text.parse().expect("a number"))
    };
    let (row_count, trees, depth, threads) = (number(1_000_000), number(200), number(4), number(2));

    let start = Instant::now();
    let training = synthetic_rows(1, row_count);
    let test = synthetic_rows(2, TEST_ROWS);
    println!(
        "{row_count} rows made in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    if let Some(path) = arguments.next() {
        write_rows(&path, &[&training, &test]).expect("writes the rows");
    }

    let names = (0..FEATURES)
        .map(|feature| format!("feature_{feature}"))
        .collect();
    let plan = GbdtPlan {
        trees: trees as u32,
        depth: depth as u32,
        ..GbdtPlan::new(names)
    };
    let mut learner = GbdtLearner::new(plan).expect("a sound plan");
    let mut workspace = GbdtWorkspace::with_threads(threads);
    let start = Instant::now();
    let mut binned = None;
    let mut seconds = [0.0; 2];
    let mut coordinates = 0;
    while let Some(query) = learner.next_query() {
        if query.name.starts_with("gbdt") {
            binned.get_or_insert_with(|| start.elapsed());
        }
        coordinates += query.dimension;
        let begin = Instant::now();
        let answer = learner.answer(&training, &mut workspace).expect("answers");
        seconds[0] += begin.elapsed().as_secs_f64();
        let begin = Instant::now();
        learner.absorb(&answer).expect("possible");
        seconds[1] += begin.elapsed().as_secs_f64();
    }
    let total = start.elapsed().as_secs_f64();
    println!(
        "{trees} trees of depth {depth} on {threads} threads in {total:.2} s: cuts {:.2} s, answers {:.2} s, absorbing {:.2} s, {coordinates} coordinates summed",
        binned.unwrap_or_default().as_secs_f64(),
        seconds[0],
        seconds[1],
    );

    let model = learner.model().expect("finished");
    let begin = Instant::now();
    let scores: Vec<f64> = test
        .iter()
        .map(|(features, _)| model.score(features))
        .collect();
    let nanoseconds = begin.elapsed().as_nanos() / TEST_ROWS as u128;
    println!("scored at {nanoseconds} ns a row");
    println!(
        "unseen rows: AP {:.4}, AUC {:.4}, log-loss {:.5}, calibration slope {:.3}; model {}",
        average_precision(&scores, test.labels()).expect("positives"),
        roc_auc(&scores, test.labels()).expect("both classes"),
        log_loss(&scores, test.labels()).expect("rows"),
        calibration_line(&scores, test.labels())
            .expect("defined")
            .slope,
        &model.content_hash()[..16],
    );
}

/// Ten heavy-tailed amounts, ten measurements, five counts, five flags; every twentieth value is missing. About one
/// row in a hundred is positive, for reasons that involve thresholds and interactions.
fn synthetic_rows(seed: u64, row_count: usize) -> TrainingRows {
    let mut generator = Generator(seed);
    let mut rows = TrainingRows::new(FEATURES);
    rows.reserve(row_count);
    for _ in 0..row_count {
        let mut features = [0.0; FEATURES];
        for (index, value) in features.iter_mut().enumerate() {
            let normal = generator.normal();
            *value = match index {
                0..10 => exp(3.0 + normal),
                10..20 => normal,
                20..25 => exp(1.2 * normal).floor(),
                _ => f64::from(u8::from(normal > 1.0)),
            };
        }
        let mut log_odds = -7.0;
        log_odds += if features[0] > 60.0 { 1.5 } else { 0.0 };
        log_odds += 0.8 * features[10] - 0.4 * features[11] * features[12];
        log_odds += if features[1] > 4.0 * features[2] {
            2.0
        } else {
            0.0
        };
        log_odds += 0.6 * features[20].min(5.0) + 1.0 * features[25] * features[26];
        log_odds += if features[13] > 2.5 { 3.0 } else { 0.0 };
        let label = generator.uniform() < sigmoid(log_odds);
        for value in &mut features {
            if generator.uniform() < 0.05 {
                *value = MISSING;
            }
        }
        rows.push(generator.next(), &features, label)
            .expect("finite features");
    }
    rows
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// About normal.
    fn normal(&mut self) -> f64 {
        (0..6).map(|_| self.uniform()).sum::<f64>() * core::f64::consts::SQRT_2
            - 3.0 * core::f64::consts::SQRT_2
    }
}

fn write_rows(path: &str, tables: &[&TrainingRows]) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for (features, label) in tables.iter().flat_map(|rows| rows.iter()) {
        for value in features {
            let value = if *value == MISSING {
                f32::NAN
            } else {
                *value as f32
            };
            file.write_all(&value.to_le_bytes())?;
        }
        file.write_all(&f32::from(u8::from(label)).to_le_bytes())?;
    }
    file.flush()
}
