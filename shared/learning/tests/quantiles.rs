//! Global bins: exact order statistics, whoever holds the rows.

mod synthetic;

use accord_learning::quantiles::{CutCounts, QuantileBins, QuantileLearner, QuantilePlan};
use accord_learning::{Learner, MISSING, TrainingRows, train_centrally, train_over_holders};
use proptest::prelude::*;
use synthetic::{Generator, fraud_like_rows};

fn learner(cuts: CutCounts, feature_count: usize) -> QuantileLearner {
    QuantileLearner::new(QuantilePlan {
        feature_count,
        cuts,
    })
}

fn bins_of(cuts: CutCounts, rows: &TrainingRows) -> QuantileBins {
    train_centrally(learner(cuts, rows.feature_count()), rows).expect("finds bins")
}

fn one_feature(values: impl IntoIterator<Item = (f64, bool)>) -> TrainingRows {
    let mut rows = TrainingRows::new(1);
    for (id, (value, label)) in values.into_iter().enumerate() {
        rows.push(id as u64, &[value], label).expect("finite");
    }
    rows
}

/// Rows per bin, the bin of missing values first.
fn bin_counts(bins: &QuantileBins, rows: &TrainingRows) -> Vec<usize> {
    let mut counts = vec![0; bins.features[0].bin_count()];
    for (features, _) in rows.iter() {
        counts[usize::from(bins.features[0].bin_of(features[0]))] += 1;
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_spread_of_rows_gives_the_same_bins(seed in any::<u64>(), row_count in 0usize..400, holders in 1usize..6) {
        let rows = fraud_like_rows(seed, row_count);
        let mut generator = Generator::new(seed ^ 2);
        let parts = rows.split(holders + 2, |row| if row == 0 { 0 } else { 1 + generator.below(holders) });
        let parts: Vec<&TrainingRows> = parts.iter().collect();
        let spread = train_over_holders(learner(CutCounts::FINEST, 4), &parts).expect("finds bins");
        prop_assert_eq!(spread.content_hash(), bins_of(CutCounts::FINEST, &rows).content_hash());
    }

    #[test]
    fn even_bins_hold_even_shares(seed in any::<u64>(), cuts in 1u8..60) {
        let mut generator = Generator::new(seed);
        let rows = one_feature((0..20_000).map(|_| (generator.normal() * 1e3, false)));
        let counts = bin_counts(&bins_of(CutCounts::only_even(cuts), &rows), &rows);
        let share = 20_000 / (usize::from(cuts) + 1);
        prop_assert_eq!(counts.len(), usize::from(cuts) + 2);
        // Both ends of a bin may be off by an eighth of a share (and by the one row of a rounded rank).
        for count in &counts[1..] {
            prop_assert!(count.abs_diff(share) <= share / 4 + 2, "{counts:?}");
        }
    }
}

#[test]
fn few_distinct_values_all_get_a_bin() {
    let rows = one_feature((0..10_000u32).map(|row| (f64::from(row % 10), false)));
    let counts = bin_counts(&bins_of(CutCounts::FINEST, &rows), &rows);
    let filled: Vec<usize> = counts.into_iter().filter(|count| *count > 0).collect();
    assert_eq!(filled, [1_000; 10]);
}

#[test]
fn a_dominant_value_does_not_swallow_its_neighbours() {
    // 98 % zeros, as in "frauds at this terminal", and small counts above.
    let rows = one_feature((0..10_000u32).map(|row| {
        (
            if row % 50 == 0 {
                f64::from(1 + row % 3)
            } else {
                0.0
            },
            false,
        )
    }));
    let bins = bins_of(CutCounts::FINEST, &rows);
    let bin = |value: f64| bins.features[0].bin_of(value);
    assert!(bin(0.0) < bin(1.0) && bin(1.0) < bin(2.0) && bin(2.0) < bin(3.0));
}

#[test]
fn missing_values_have_a_bin_of_their_own() {
    let rows = one_feature((0..1_000u32).map(|row| {
        (
            if row % 4 == 0 {
                MISSING
            } else {
                f64::from(row)
            },
            false,
        )
    }));
    let bins = bins_of(CutCounts::only_even(3), &rows);
    assert_eq!(bin_counts(&bins, &rows)[0], 250);
}

#[test]
fn a_tail_that_only_positives_reach_is_cut_where_even_quantiles_do_not() {
    let mut generator = Generator::new(5);
    let rows = one_feature((0..50_000u32).map(|row| {
        let positive = row % 500 == 0;
        let value = if positive {
            4.5 + 3.0 * generator.uniform()
        } else {
            generator.normal().min(4.4)
        };
        (value, positive)
    }));
    let distinct_positive_bins = |cuts: CutCounts| {
        let bins = bins_of(cuts, &rows);
        let mut seen: Vec<u8> = rows
            .iter()
            .filter(|(_, label)| *label)
            .map(|(x, _)| bins.features[0].bin_of(x[0]))
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    assert_eq!(distinct_positive_bins(CutCounts::only_even(127)), 1);
    assert!(
        distinct_positive_bins(CutCounts {
            positive: 20,
            ..CutCounts::only_even(107)
        }) >= 20
    );
}

#[test]
fn closing_the_unit_keeps_what_is_known() {
    let rows = fraud_like_rows(9, 5_000);
    let mut learner = learner(CutCounts::FINEST, 4);
    learner.close_unit();
    assert_eq!(learner.next_query().expect("nothing is known yet").unit, 1);
    for _ in 0..2 {
        let total = learner
            .answer(&rows, &mut Default::default())
            .expect("answers");
        learner.absorb(&total).expect("possible");
    }
    learner.close_unit();
    assert_eq!(learner.next_query(), None);
    let bins = learner.model().expect("finished");
    assert!(
        bins.features
            .iter()
            .filter(|feature| feature.bin_count() > 20)
            .count()
            >= 3
    );
}

#[test]
fn the_golden_bins_are_the_same_on_every_machine() {
    let bins = bins_of(CutCounts::FINEST, &fraud_like_rows(2026, 2_000));
    assert_eq!(
        bins.content_hash(),
        "548f6f850a05c93604342d04ed6ad74de8128cd1b412b0317fda7ccbe58e97be"
    );
}
