//! Federated averaging: exact sums of what holders learnt by themselves.

mod synthetic;

use accord_learning::logistic::{
    AveragingLearner, AveragingPlan, FeaturePlan, LogisticLearner, LogisticModel, LogisticPlan,
};
use accord_learning::metrics::{log_loss, roc_auc};
use accord_learning::{AbsorbError, Learner, TrainingRows, train_centrally, train_over_holders};
use synthetic::{Generator, fraud_like_rows};

fn logistic() -> LogisticPlan {
    LogisticPlan::new(vec![
        FeaturePlan::heavy_tailed("amount"),
        FeaturePlan::share("night"),
        FeaturePlan::within("distance", -8.0, 8.0),
        FeaturePlan::heavy_tailed("recency").with_missing_indicator(),
    ])
}

fn averaged(plan: AveragingPlan, holders: &[TrainingRows]) -> LogisticModel {
    let holders: Vec<_> = holders.iter().collect();
    let learner = AveragingLearner::new(plan).expect("a sound plan");
    train_over_holders(learner, &holders).expect("trains")
}

fn loss(model: &LogisticModel, rows: &TrainingRows) -> f64 {
    let scores: Vec<f64> = rows
        .iter()
        .map(|(features, _)| model.score(features))
        .collect();
    log_loss(&scores, rows.labels()).expect("rows")
}

#[test]
fn many_rounds_come_close_to_newtons_model() {
    let rows = fraud_like_rows(1, 6_000);
    let mut generator = Generator::new(2);
    let holders = rows.split(5, |_| generator.below(4));
    let plan = AveragingPlan {
        rounds: 60,
        local_steps: 10,
        step_length: 4.0,
        ..AveragingPlan::new(logistic())
    };
    let model = averaged(plan, &holders);
    let newton = LogisticLearner::new(logistic()).expect("a sound plan");
    let best = train_centrally(newton, &rows).expect("trains");
    let (averaged, best) = (loss(&model, &rows), loss(&best, &rows));
    assert!(
        averaged < best * 1.05,
        "{averaged} against {best} of Newton's method"
    );
    let scores: Vec<f64> = rows
        .iter()
        .map(|(features, _)| model.score(features))
        .collect();
    assert!(roc_auc(&scores, rows.labels()).expect("both classes") > 0.8);
}

#[test]
fn one_step_of_everybody_is_one_step_of_gradient_descent_on_all_rows() {
    // Weighted with rows, the mean gradients of the holders are the mean gradient: the spread does not show, up to the
    // unit in which steps are summed.
    let rows = fraud_like_rows(3, 2_000);
    let plan = AveragingPlan {
        rounds: 8,
        local_steps: 1,
        ..AveragingPlan::new(logistic())
    };
    let together = averaged(plan.clone(), std::slice::from_ref(&rows));
    let mut generator = Generator::new(4);
    let holders = rows.split(6, |row| if row == 0 { 0 } else { 1 + generator.below(4) });
    let apart = averaged(plan, &holders);
    for (one, other) in together.features.iter().zip(&apart.features) {
        assert!((one.weight - other.weight).abs() < 1e-4, "{}", one.name);
    }
}

#[test]
fn the_order_of_the_holders_does_not_show() {
    let rows = fraud_like_rows(5, 1_500);
    let mut holders = rows.split(4, |row| row % 3);
    let plan = AveragingPlan::new(logistic());
    let before = averaged(plan.clone(), &holders);
    holders.reverse();
    assert_eq!(
        before.content_hash(),
        averaged(plan, &holders).content_hash()
    );
}

#[test]
fn the_proximal_weight_holds_different_holders_together() {
    // One holder has the frauds of the night, the other those of the day.
    let rows = fraud_like_rows(6, 4_000);
    let holders = rows.split(2, |row| rows.features(row)[1] as usize);
    let moved = |proximal: f64| {
        let plan = AveragingPlan {
            rounds: 1,
            local_steps: 40,
            step_length: 2.0,
            proximal,
            ..AveragingPlan::new(logistic())
        };
        let model = averaged(plan, &holders);
        let weights = model.features.iter().map(|feature| feature.weight.abs());
        weights.sum::<f64>()
    };
    let (free, held) = (moved(0.0), moved(0.2));
    assert!(held < free / 2.0, "{held} against {free}");
}

#[test]
fn nobody_with_rows_of_both_kinds_leaves_the_prior() {
    let mut rows = TrainingRows::new(4);
    for (features, _) in fraud_like_rows(7, 99).iter() {
        rows.push(0, features, false).expect("finite");
    }
    let model = averaged(AveragingPlan::new(logistic()), &[rows]);
    assert!(model.features.iter().all(|feature| feature.weight == 0.0));
    assert!((model.score(&[1.0, 0.0, 0.0, 1.0]) - 0.5 / 100.0).abs() < 1e-9);
}

#[test]
fn plans_and_totals_without_sense_are_refused() {
    let refused = |change: fn(&mut AveragingPlan)| {
        let mut plan = AveragingPlan::new(logistic());
        change(&mut plan);
        AveragingLearner::new(plan).is_err()
    };
    assert!(refused(|plan| plan.rounds = 0));
    assert!(refused(|plan| plan.local_steps = 0));
    assert!(refused(|plan| plan.step_length = f64::NAN));
    assert!(refused(|plan| plan.proximal = -1.0));
    assert!(refused(|plan| plan.logistic.ridge = 0.0));
    let mut learner = AveragingLearner::new(AveragingPlan::new(logistic())).expect("sound");
    let rows = fraud_like_rows(8, 500);
    let scaling = learner.answer(&rows, &mut ()).expect("answers");
    learner.absorb(&scaling).expect("possible");
    let mut total = learner.answer(&rows, &mut ()).expect("answers");
    total[0] = 0;
    let impossible = learner.absorb(&total);
    assert!(matches!(
        impossible,
        Err(AbsorbError::Impossible { coordinate: 0, .. })
    ));
}
