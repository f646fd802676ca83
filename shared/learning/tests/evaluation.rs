//! Quality summed over holders: close to the exact figures, and the same for any spread of rows.

mod synthetic;

use accord_learning::calibration::Calibration;
use accord_learning::deterministic::sigmoid;
use accord_learning::evaluation::{Evaluation, EvaluationLearner, ScoredRow};
use accord_learning::metrics::{average_precision, calibration_line, log_loss, roc_auc};
use accord_learning::{train_centrally, train_over_holders};
use synthetic::{Generator, fraud_like_rows, true_logit};

/// Scores that are twice as extreme as the truth, and too high.
fn overconfident_scores(seed: u64) -> Vec<ScoredRow> {
    let rows = fraud_like_rows(seed, 40_000);
    rows.iter()
        .map(|(features, label)| ScoredRow {
            log_odds: 2.0 * true_logit(features) + 4.0,
            label,
        })
        .collect()
}

fn evaluate(rows: &Vec<ScoredRow>) -> Evaluation {
    train_centrally(EvaluationLearner::default(), rows).expect("evaluates")
}

#[test]
fn the_binned_figures_are_close_to_the_exact_ones() {
    let rows = overconfident_scores(1);
    let evaluation = evaluate(&rows);
    let scores: Vec<f64> = rows.iter().map(|row| sigmoid(row.log_odds)).collect();
    let labels: Vec<bool> = rows.iter().map(|row| row.label).collect();
    let near = |actual: Option<f64>, expected: Option<f64>, tolerance: f64| {
        let (actual, expected) = (actual.expect("defined"), expected.expect("defined"));
        assert!(
            (actual - expected).abs() < tolerance,
            "{actual} against {expected}"
        );
    };
    near(evaluation.bins.roc_auc(), roc_auc(&scores, &labels), 1e-4);
    near(
        evaluation.bins.average_precision(),
        average_precision(&scores, &labels),
        2e-3,
    );
    near(evaluation.log_loss, log_loss(&scores, &labels), 1e-5);
    let line = evaluation.calibration_line().expect("defined");
    let exact = calibration_line(&scores, &labels).expect("defined");
    near(Some(line.slope), Some(exact.slope), 1e-3);
    near(Some(line.intercept), Some(exact.intercept), 5e-3);
}

#[test]
fn any_spread_of_rows_gives_the_same_figures() {
    let rows = overconfident_scores(2);
    let mut generator = Generator::new(3);
    let mut parts = vec![Vec::new(); 5];
    for row in &rows {
        parts[generator.below(4)].push(*row);
    }
    let parts: Vec<&Vec<ScoredRow>> = parts.iter().collect();
    let spread = train_over_holders(EvaluationLearner::default(), &parts).expect("evaluates");
    assert_eq!(spread, evaluate(&rows));
}

#[test]
fn both_calibrations_mend_overconfident_scores() {
    let bins = evaluate(&overconfident_scores(4)).bins;
    for calibration in [
        Calibration::fit_line(&bins),
        Calibration::fit_isotonic(&bins),
    ] {
        let calibration = calibration.expect("both classes");
        let mended = overconfident_scores(5);
        let mended = mended
            .iter()
            .map(|row| ScoredRow {
                log_odds: calibration.log_odds(row.log_odds),
                ..*row
            })
            .collect();
        let line = evaluate(&mended).calibration_line().expect("defined");
        assert!((line.slope - 1.0).abs() < 0.15, "{calibration:?}: {line:?}");
        assert!(line.intercept.abs() < 0.6, "{calibration:?}: {line:?}");
    }
}

#[test]
fn nothing_has_no_quality() {
    let evaluation = evaluate(&Vec::new());
    assert_eq!(
        (
            evaluation.log_loss,
            evaluation.bins.roc_auc(),
            evaluation.calibration_line()
        ),
        (None, None, None)
    );
    assert_eq!(Calibration::fit_line(&evaluation.bins), None);
    assert_eq!(Calibration::fit_isotonic(&evaluation.bins), None);
}
