//! LightGBM on the same rows, where this machine has it.

use std::{path::Path, process::Command};

use accord_learning::gbdt::GbdtPlan;
use serde::{Deserialize, Serialize};

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    Measured {
        seconds: f64,
        average_precision: f64,
        version: String,
    },
    /// With the reason.
    Skipped(String),
}

#[derive(Deserialize)]
struct Said {
    seconds: f64,
    average_precision: f64,
    version: String,
}

/// The time counts from the raw rows to the model, as ours does: binning included.
const SCRIPT: &str = r#"
import json, sys, time
import numpy
import lightgbm
folder, features, trees, depth, rate, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6])
rows = lambda name: numpy.fromfile(f"{folder}/{name}.f64").reshape(-1, features)
labels = lambda name: numpy.fromfile(f"{folder}/{name}.labels.f64")
values, wanted, others, truth = rows("train"), labels("train"), rows("test"), labels("test")
begun = time.perf_counter()
settings = {"objective": "binary", "learning_rate": rate, "max_depth": depth, "num_leaves": 2 ** depth, "num_threads": threads, "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.8, "verbose": -1}
model = lightgbm.train(settings, lightgbm.Dataset(values, wanted), num_boost_round=trees)
seconds = time.perf_counter() - begun
order = numpy.argsort(-model.predict(others), kind="stable")
hits = truth[order]
precision = numpy.cumsum(hits) / numpy.arange(1, len(hits) + 1)
print(json.dumps({"seconds": seconds, "average_precision": float((precision * hits).sum() / hits.sum()), "version": lightgbm.__version__}))
"#;

/// Runs it on the files in `folder`.
pub fn measure(folder: &Path, features: usize, plan: &GbdtPlan, threads: usize) -> Beside {
    let output = Command::new("python3")
        .arg("-c")
        .arg(SCRIPT)
        .arg(folder)
        .args([
            features.to_string(),
            plan.trees.to_string(),
            plan.depth.to_string(),
            plan.learning_rate.to_string(),
            threads.to_string(),
        ])
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return Beside::Skipped(format!("python3: {error}")),
    };
    match serde_json::from_slice::<Said>(&output.stdout) {
        Ok(said) => Beside::Measured {
            seconds: said.seconds,
            average_precision: said.average_precision,
            version: said.version,
        },
        Err(_) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            let last = errors.lines().last().unwrap_or("it printed nothing");
            Beside::Skipped(last.to_owned())
        }
    }
}
