//! Sums with noise: close to the plain ones, within a budget that is a hard stop.

use accord_federation::Parties;
use accord_federation::coordinator::CannotOpen;
use accord_federation::job::Pause;
use accord_federation::plan::{PlanBreach, PlanError};
use accord_federation::privacy::{TAIL_DEVIATIONS, epsilon};
use accord_federation::simulation::{Fair, Simulation, SimulationError};

use crate::support::{Sums, consortium, found, noisy, plain_sum, seed, vectors};

#[test]
fn noise_is_there_and_within_its_tail() {
    let queries = ["sum/a", "sum/b"];
    let learner = Sums::new(&queries, 50);
    let all = vectors(5, 2, 50);
    let rows: Vec<_> = all.iter().collect();
    let variance = 400u64;
    let draft = noisy(&learner, variance, 50.0);
    let mut simulation = Simulation::new(found(draft), learner, &rows, &seed(1)).expect("sound");
    let outcome = simulation.run(&mut Fair).expect("finishes");
    let tail = TAIL_DEVIATIONS as i64 * ((5 * variance).isqrt() as i64 + 1);
    let mut square = 0.0;
    for (query, (_, total)) in outcome.model.iter().enumerate() {
        let plain = plain_sum(&all, query, Parties::first(5));
        for (noisy, plain) in total.iter().zip(&plain) {
            assert!((noisy - plain).abs() <= tail);
            square += ((noisy - plain) as f64).powi(2);
        }
    }
    // Five independent variances of 400 over a hundred coordinates, within a factor that a fixed seed always keeps.
    let variance = square / 100.0;
    assert!((1_000.0..4_000.0).contains(&variance), "{variance}");
    // Four survivors of which none colludes count: Δ²/(2·4σ²) for each of two sums.
    let rho = 2.0 * 100.0 / (2.0 * 4.0 * 400.0);
    let findings = simulation.transcript().verify().expect("holds");
    let spent = findings.epsilon.expect("noise has a budget");
    assert!((spent - epsilon(rho, 1e-6)).abs() < 1e-6, "{spent}");
}

#[test]
fn a_plan_that_would_overspend_is_refused_before_the_first_sum() {
    let learner = Sums::new(&["sum/a"], 4);
    let costs = noisy(&learner, 400, 1_000.0);
    let plan = found(costs).agreed.plan().clone();
    let spends = plan.lint().expect("sound").epsilon.expect("noise");
    let mut tight = plan.clone();
    tight.privacy.as_mut().expect("a budget").epsilon_max = spends * 0.999;
    assert!(matches!(
        tight.lint(),
        Err(PlanError::WouldOverspend { .. })
    ));
    tight.privacy.as_mut().expect("a budget").epsilon_max = spends * 1.001;
    tight.lint().expect("fits");
    let mut without = plan.clone();
    without.privacy = None;
    assert_eq!(without.lint(), Err(PlanError::Budget));
    let mut thin = plan;
    thin.statistics[0].noise.as_mut().expect("noise").variance = 3;
    assert!(matches!(thin.lint(), Err(PlanError::Noise(_))));
}

#[test]
fn a_statistic_is_summed_as_often_as_agreed_and_then_no_more() {
    let queries = ["sum/a", "sum/b", "sum/c"];
    let learner = Sums::new(&queries, 4);
    let all = vectors(5, 3, 4);
    let rows: Vec<_> = all.iter().collect();
    let draft = noisy(&learner, 400, 50.0);
    let mut simulation = Simulation::new(found(draft), learner, &rows, &seed(1)).expect("sound");
    let stopped = simulation.run(&mut Fair).expect_err("the budget is spent");
    assert_eq!(
        stopped,
        SimulationError::Paused(Pause::CannotOpen(CannotOpen::Plan(
            PlanBreach::TooManySums(2)
        )))
    );
}

#[test]
fn a_plan_that_would_saturate_is_refused() {
    let learner = Sums::new(&["sum/a"], 4);
    let mut plan = consortium(5, &learner).agreed.plan().clone();
    let report = plan.lint().expect("sound");
    assert!(report.statistics[0].margin_bits > 0.0);
    assert_eq!(report.epsilon, None);
    // 5 institutions, row bound 1,000: the most rows whose sum stays below 2^39.
    plan.rows_max = ((1 << 39) - 1) / 5_000;
    plan.lint().expect("the bound itself");
    plan.rows_max += 1;
    assert!(matches!(plan.lint(), Err(PlanError::WouldSaturate { .. })));
}
