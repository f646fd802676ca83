//! Boosted trees as a whole: what they learn, and that the spread of rows over holders does not matter.

mod synthetic;

use accord_learning::calibration::Calibration;
use accord_learning::gbdt::{
    CalibrationKind, CalibrationPlan, GbdtLearner, GbdtModel, GbdtPlan, GbdtWorkspace, Node,
};
use accord_learning::metrics::{average_precision, calibration_line, log_loss, roc_auc};
use accord_learning::quantiles::CutCounts;
use accord_learning::{
    Learner, MISSING, TrainingRows, train_centrally, train_centrally_with, train_over_holders,
};
use proptest::prelude::*;
use synthetic::{Generator, fraud_like_rows, true_logit};

fn plan(trees: u32) -> GbdtPlan {
    let names = ["amount", "night", "distance", "seconds_since_last"].map(String::from);
    GbdtPlan {
        trees,
        seed: 7,
        ..GbdtPlan::new(names.to_vec())
    }
}

fn calibrated(trees: u32, kind: CalibrationKind) -> GbdtPlan {
    GbdtPlan {
        calibration: Some(CalibrationPlan {
            held_out_share: 0.3,
            kind,
        }),
        ..plan(trees)
    }
}

fn learner(plan: GbdtPlan) -> GbdtLearner {
    GbdtLearner::new(plan).expect("a sound plan")
}

fn train(plan: GbdtPlan, rows: &TrainingRows) -> GbdtModel {
    train_centrally(learner(plan), rows).expect("trains")
}

fn scores(model: &GbdtModel, rows: &TrainingRows) -> Vec<f64> {
    rows.iter()
        .map(|(features, _)| model.score(features))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_spread_of_rows_gives_the_same_model(
        seed in any::<u64>(),
        row_count in 0usize..3_000,
        holders in 1usize..6,
        depth in 1u32..6,
    ) {
        let rows = fraud_like_rows(seed, row_count);
        let plan = GbdtPlan { depth, child_weight_min: 0.05, ..calibrated(6, CalibrationKind::Line) };
        let expected = train(plan.clone(), &rows);
        let mut generator = Generator::new(seed ^ 1);
        // The first holder has one row (if there is any), the last has none.
        let parts = rows.split(holders + 2, |row| if row == 0 { 0 } else { 1 + generator.below(holders) });
        let parts: Vec<&TrainingRows> = parts.iter().collect();
        let model = train_over_holders(learner(plan), &parts).expect("trains");
        prop_assert_eq!(model.content_hash(), expected.content_hash());
        prop_assert_eq!(model, expected);
    }
}

#[test]
fn the_number_of_threads_never_shows() {
    let rows = fraud_like_rows(3, 60_000);
    let train = |threads| {
        let workspace = GbdtWorkspace::with_threads(threads);
        train_centrally_with(
            learner(calibrated(12, CalibrationKind::Isotonic)),
            &rows,
            workspace,
        )
        .expect("trains")
    };
    let expected = train(1);
    assert!(
        expected.trees().iter().all(|tree| tree.nodes.len() > 7),
        "the trees are worth comparing"
    );
    for threads in [2, 3] {
        assert_eq!(train(threads), expected);
    }
}

/// A holder that restarts before every single answer derives everything again, and answers the same.
#[test]
fn a_lost_workspace_changes_no_answer() {
    let rows = fraud_like_rows(4, 3_000);
    let mut learner = learner(calibrated(4, CalibrationKind::Line));
    let mut kept = GbdtWorkspace::default();
    let mut asked = 0;
    while learner.next_query().is_some() {
        let answer = learner.answer(&rows, &mut kept).expect("answers");
        assert_eq!(
            learner
                .answer(&rows, &mut GbdtWorkspace::default())
                .expect("answers"),
            answer
        );
        assert_eq!(
            learner
                .answer(&rows, &mut kept)
                .expect("answers the same question again"),
            answer
        );
        learner.absorb(&answer).expect("possible");
        asked += 1;
    }
    assert!(asked > 12, "{asked}");
}

/// What is derived by subtraction is what a sum over the rows themselves gives: checked against a reference that
/// applies the finished model's own trees to raw values.
#[test]
fn leaves_hold_the_newton_steps_of_their_rows() {
    let rows = fraud_like_rows(5, 20_000);
    let plan = GbdtPlan {
        row_share: 1.0,
        column_share: 1.0,
        ..plan(1)
    };
    let model = train(plan.clone(), &rows);
    let base = model.log_odds(&[0.0; 4]) - tree_value(&model, &[0.0; 4]).1;
    let probability = 1.0 / (1.0 + f64::exp(-base));
    let mut sums = std::collections::BTreeMap::<usize, (f64, f64)>::new();
    for (features, label) in rows.iter() {
        let sums = sums.entry(tree_value(&model, features).0).or_default();
        sums.0 += probability - f64::from(u8::from(label));
        sums.1 += probability * (1.0 - probability);
    }
    assert!(sums.len() > 8);
    for (leaf, (first, second)) in sums {
        let expected = -plan.learning_rate * first / (second + plan.ridge);
        let Node::Leaf { value, cover } = model.trees()[0].nodes[leaf] else {
            panic!("a path ends at a leaf")
        };
        // Fixed point rounds every row's second derivative by at most 2^-21.
        assert!(
            (value - expected).abs() < 2e-3 * expected.abs().max(1e-3),
            "{value} against {expected}"
        );
        assert!((cover / second - 1.0).abs() < 1e-3);
    }
}

/// The index and value of the leaf that the first tree gives a row, by its definition.
fn tree_value(model: &GbdtModel, features: &[f64]) -> (usize, f64) {
    let nodes = &model.trees()[0].nodes;
    let mut index = 0;
    loop {
        match nodes[index] {
            Node::Leaf { value, .. } => return (index, value),
            Node::Split {
                feature,
                threshold,
                missing_left,
                left,
                ..
            } => {
                let value = features[usize::from(feature)];
                let right = if value == MISSING {
                    !missing_left
                } else {
                    value as f32 >= threshold
                };
                index = left as usize + usize::from(right);
            }
        }
    }
}

#[test]
fn unseen_rows_are_ranked_nearly_as_well_as_the_truth_can() {
    let model = train(plan(60), &fraud_like_rows(6, 60_000));
    let unseen = fraud_like_rows(1_006, 60_000);
    let truth: Vec<f64> = unseen
        .iter()
        .map(|(features, _)| true_logit(features))
        .collect();
    let scores = scores(&model, &unseen);
    let area = |scores: &[f64]| roc_auc(scores, unseen.labels()).expect("both classes");
    let precision = |scores: &[f64]| average_precision(scores, unseen.labels()).expect("positives");
    assert!(
        area(&scores) > area(&truth) - 0.02,
        "{} against {}",
        area(&scores),
        area(&truth)
    );
    assert!(
        precision(&scores) > 0.5 * precision(&truth),
        "{} against {}",
        precision(&scores),
        precision(&truth)
    );
}

/// Where neither feature alone says anything.
#[test]
fn interactions_are_found() {
    let mut generator = Generator::new(8);
    let mut rows = TrainingRows::new(4);
    for id in 0..8_000 {
        let [x, y] = [0; 2].map(|_| generator.uniform() - 0.5);
        rows.push(
            id,
            &[x, y, generator.uniform(), 0.0],
            (x > 0.0) == (y > 0.2),
        )
        .expect("finite");
    }
    let model = train(
        GbdtPlan {
            row_share: 0.7,
            learning_rate: 0.3,
            ..plan(60)
        },
        &rows,
    );
    assert!(roc_auc(&scores(&model, &rows), rows.labels()).expect("both classes") > 0.98);
}

#[test]
fn the_training_loss_falls_from_tree_to_tree() {
    let rows = fraud_like_rows(9, 20_000);
    let loss = |trees| {
        let plan = GbdtPlan {
            row_share: 1.0,
            column_share: 1.0,
            ..plan(trees)
        };
        log_loss(&scores(&train(plan, &rows), &rows), rows.labels()).expect("rows")
    };
    let losses: Vec<f64> = (0..12).map(loss).collect();
    assert!(
        losses.windows(2).all(|pair| pair[1] < pair[0]),
        "{losses:?}"
    );
}

#[test]
fn contributions_and_shapley_values_add_up() {
    let rows = fraud_like_rows(10, 5_000);
    let model = train(
        GbdtPlan {
            depth: 5,
            ..plan(30)
        },
        &rows,
    );
    let mut fast = [0.0; 4];
    let mut exact = [0.0; 4];
    for (features, _) in rows.iter().take(300) {
        model.contributions(features, &mut fast);
        model.shapley_values(features, &mut exact);
        for values in [fast, exact] {
            let sum = model.baseline() + values.iter().sum::<f64>();
            assert!((sum - model.log_odds(features)).abs() < 1e-9);
        }
    }
}

/// The workspace adds up log-odds over bins, the model over raw values: the calibration query shows the former.
#[test]
fn training_and_scoring_agree_on_the_log_odds_of_every_row() {
    let rows = fraud_like_rows(11, 4_000);
    let trained = train(calibrated(20, CalibrationKind::Line), &rows);
    let mut learner = learner(calibrated(20, CalibrationKind::Line));
    let mut workspace = GbdtWorkspace::default();
    while let Some(query) = learner.next_query() {
        let answer = learner.answer(&rows, &mut workspace).expect("answers");
        if query.name == "gbdt/calibration" {
            let mut counts = vec![0i64; answer.len()];
            for row in 0..rows.len() {
                // A one-row answer says in which bin the row is counted, if it is held out at all.
                let single = rows
                    .split(2, |other| usize::from(other != row))
                    .swap_remove(0);
                let alone = learner
                    .answer(&single, &mut GbdtWorkspace::default())
                    .expect("answers");
                if let Some(place) = alone.iter().position(|count| *count == 1) {
                    let bin = ((trained.log_odds(rows.features(row)) + 16.0) * 32.0) as usize;
                    assert_eq!(place / 2, bin.min(1_023));
                }
                counts
                    .iter_mut()
                    .zip(alone)
                    .for_each(|(sum, count)| *sum += count);
            }
            assert_eq!(counts, answer);
            assert!(counts.iter().sum::<i64>() > 1_000);
        }
        learner.absorb(&answer).expect("possible");
    }
    assert_eq!(learner.model(), Some(&trained));
}

#[test]
fn held_out_rows_calibrate_an_overfitted_forest() {
    let overfitted = |calibration| GbdtPlan {
        calibration,
        learning_rate: 0.5,
        depth: 6,
        child_weight_min: 0.1,
        ..plan(60)
    };
    let rows = fraud_like_rows(12, 40_000);
    let unseen = fraud_like_rows(1_012, 100_000);
    let slope = |model: &GbdtModel| {
        calibration_line(&scores(model, &unseen), unseen.labels())
            .expect("defined")
            .slope
    };
    let raw = train(overfitted(None), &rows);
    assert!(slope(&raw) < 0.6, "overfitted: {}", slope(&raw));
    for kind in [CalibrationKind::Line, CalibrationKind::Isotonic] {
        let plan = overfitted(Some(CalibrationPlan {
            held_out_share: 0.3,
            kind,
        }));
        let model = train(plan, &rows);
        assert_ne!(model.calibration(), &Calibration::None);
        assert!(
            (0.7..1.3).contains(&slope(&model)),
            "{kind:?}: {}",
            slope(&model)
        );
    }
}

#[test]
fn closing_a_tree_keeps_its_complete_levels() {
    let rows = fraud_like_rows(13, 10_000);
    let mut learner = learner(plan(3));
    let mut workspace = GbdtWorkspace::default();
    let mut units = Vec::new();
    while let Some(query) = learner.next_query() {
        units.push(query.unit);
        // Nobody answers: the tree is asked again as a new unit. Later, the second tree ends after two levels.
        if query.name == "gbdt/tree/0/level/0"
            && units.iter().filter(|unit| **unit == query.unit).count() == 1
            && query.unit < 2
        {
            learner.close_unit();
            continue;
        }
        if query.name == "gbdt/tree/1/level/2" {
            learner.close_unit();
            assert_eq!(learner.trees_grown(), 2);
            continue;
        }
        let answer = learner.answer(&rows, &mut workspace).expect("answers");
        learner.absorb(&answer).expect("possible");
    }
    assert!(units.windows(2).all(|pair| pair[0] <= pair[1]));
    let model = learner.model().expect("finished");
    let nodes: Vec<usize> = model.trees().iter().map(|tree| tree.nodes.len()).collect();
    assert!(
        nodes[0] > 7 && nodes[1] <= 7 && nodes[1] > 1 && nodes[2] > 7,
        "{nodes:?}"
    );
    // The trees that grew on were grown on the scores that the closed one left.
    let losses = log_loss(&scores(model, &rows), rows.labels()).expect("rows");
    assert!(
        losses < log_loss(&scores(&train(plan(1), &rows), &rows), rows.labels()).expect("rows")
    );
}

#[test]
fn without_both_classes_the_model_is_the_smoothed_prior() {
    let model = train(plan(5), &TrainingRows::new(4));
    assert_eq!((model.score(&[MISSING; 4]), model.trees().len()), (0.5, 0));
    let mut positives = TrainingRows::new(4);
    positives.push(1, &[1.0; 4], true).expect("finite");
    assert!((train(plan(5), &positives).score(&[0.0; 4]) - 0.75).abs() < 1e-15);
}

#[test]
fn impossible_totals_are_refused_and_change_nothing() {
    let rows = fraud_like_rows(14, 2_000);
    let mut learner = learner(plan(2));
    let mut workspace = GbdtWorkspace::default();
    while let Some(query) = learner.next_query() {
        let answer = learner.answer(&rows, &mut workspace).expect("answers");
        let before = learner.progress_hash();
        assert!(learner.absorb(&answer[1..]).is_err());
        let mut forged = answer.clone();
        forged[query.dimension / 2] += 1;
        assert!(learner.absorb(&forged).is_err(), "{}", query.name);
        assert_eq!(learner.progress_hash(), before);
        learner.absorb(&answer).expect("possible");
        assert_ne!(learner.progress_hash(), before);
    }
    assert!(learner.answer(&rows, &mut workspace).is_err());
    assert!(learner.absorb(&[]).is_err());
}

#[test]
fn no_row_exceeds_the_bound_its_query_declares() {
    let rows = fraud_like_rows(15, 500);
    let mut learner = learner(GbdtPlan {
        child_weight_min: 0.0,
        ..plan(3)
    });
    let mut workspace = GbdtWorkspace::default();
    while let Some(query) = learner.next_query() {
        for row in (0..rows.len()).step_by(25) {
            let single = rows
                .split(2, |other| usize::from(other != row))
                .swap_remove(0);
            let answer = learner
                .answer(&single, &mut GbdtWorkspace::default())
                .expect("answers");
            assert!(
                answer
                    .iter()
                    .all(|value| value.unsigned_abs() <= query.row_bound),
                "{}",
                query.name
            );
        }
        if query.name.starts_with("gbdt/tree") {
            // The handbook's figures: 40 bits for 32,000 rows, and 32 bits end below 2,048 rows.
            assert_eq!(
                (query.ring_bits(32_000), query.rows_max(32)),
                (Ok(40), 2_047)
            );
        }
        let answer = learner.answer(&rows, &mut workspace).expect("answers");
        learner.absorb(&answer).expect("possible");
    }
}

#[test]
fn a_model_survives_json_to_the_bit() {
    let rows = fraud_like_rows(16, 3_000);
    for kind in [CalibrationKind::Line, CalibrationKind::Isotonic] {
        let model = train(calibrated(10, kind), &rows);
        let text = serde_json::to_string(&model).expect("serialises");
        let read: GbdtModel = serde_json::from_str(&text).expect("reads back");
        assert_eq!(read, model);
        assert_eq!(read.content_hash(), model.content_hash());
        assert_eq!(scores(&read, &rows), scores(&model, &rows));
    }
    assert!(serde_json::from_str::<GbdtModel>(
        r#"{"feature_names":["x"],"base_log_odds":0.0,"trees":[{"nodes":[]}],"calibration":"none"}"#
    )
    .is_err());
}

#[test]
fn unsound_plans_are_refused() {
    let unsound = [
        GbdtPlan {
            feature_names: vec![],
            ..plan(1)
        },
        GbdtPlan {
            feature_names: vec!["x".into(), "x".into()],
            ..plan(1)
        },
        GbdtPlan {
            cuts: CutCounts {
                even: 200,
                positive: 50,
                tail: 50,
            },
            ..plan(1)
        },
        GbdtPlan {
            depth: 0,
            ..plan(1)
        },
        GbdtPlan {
            depth: 9,
            ..plan(1)
        },
        GbdtPlan {
            learning_rate: f64::NAN,
            ..plan(1)
        },
        GbdtPlan {
            ridge: 0.0,
            ..plan(1)
        },
        GbdtPlan {
            row_share: 1.1,
            ..plan(1)
        },
        GbdtPlan {
            column_share: 0.0,
            ..plan(1)
        },
        GbdtPlan {
            calibration: Some(CalibrationPlan {
                held_out_share: 1.0,
                kind: CalibrationKind::Line,
            }),
            ..plan(1)
        },
    ];
    for plan in unsound {
        assert!(GbdtLearner::new(plan.clone()).is_err(), "{plan:?}");
    }
}

#[test]
fn the_golden_model_is_the_same_on_every_machine() {
    let plan = GbdtPlan {
        child_weight_min: 0.1,
        ..calibrated(10, CalibrationKind::Line)
    };
    let model = train(plan, &fraud_like_rows(2026, 5_000));
    assert!(
        model.trees().iter().all(|tree| tree.nodes.len() > 3),
        "the trees are worth a hash"
    );
    assert_ne!(model.calibration(), &Calibration::None);
    assert_eq!(
        model.content_hash(),
        "b1422050c03b01d1cd808c6c12d906f55d02dc752a304150b6f28e371cdd9b3f"
    );
}
