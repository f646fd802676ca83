//! Metrics of order: only which row scores higher matters.

/// Area under the ROC curve: the chance that a random positive row scores higher than a random negative one, ties
/// counting one half. `None` without rows of both classes.
///
/// # Panics
/// If the slices differ in length.
pub fn roc_auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    roc_auc_of_groups(tied_groups(scores, labels))
}

/// The same from groups of equal score, highest first.
pub(crate) fn roc_auc_of_groups(groups: impl IntoIterator<Item = TiedGroup>) -> Option<f64> {
    let mut negatives_above = 0u64;
    let mut positives = 0u64;
    // In halves of a pair, so that ties stay whole numbers.
    let mut lost_half_pairs = 0u128;
    for group in groups {
        let pairs_lost = 2 * u128::from(negatives_above) + u128::from(group.negatives);
        lost_half_pairs += u128::from(group.positives) * pairs_lost;
        negatives_above += group.negatives;
        positives += group.positives;
    }
    let half_pairs = 2 * u128::from(positives) * u128::from(negatives_above);
    (half_pairs > 0).then(|| (half_pairs - lost_half_pairs) as f64 / half_pairs as f64)
}

/// Average precision: precision at every distinct score, weighted by the recall gained there, without interpolation.
/// Tied rows are taken together, so their order does not matter. `None` without a positive row.
///
/// # Panics
/// If the slices differ in length.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Option<f64> {
    average_precision_of_groups(tied_groups(scores, labels))
}

/// The same from groups of equal score, highest first.
pub(crate) fn average_precision_of_groups(
    groups: impl IntoIterator<Item = TiedGroup>,
) -> Option<f64> {
    let mut found = 0u64;
    let mut flagged = 0u64;
    let mut sum = 0.0;
    for group in groups {
        found += group.positives;
        flagged += group.positives + group.negatives;
        if group.positives > 0 {
            sum += group.positives as f64 * (found as f64 / flagged as f64);
        }
    }
    (found > 0).then(|| sum / found as f64)
}

/// Rows of one score.
pub(crate) struct TiedGroup {
    pub positives: u64,
    pub negatives: u64,
}

/// Groups of equal score, highest first.
fn tied_groups(scores: &[f64], labels: &[bool]) -> Vec<TiedGroup> {
    assert_eq!(scores.len(), labels.len(), "one label per score");
    // Adding zero turns −0 into +0, which total order would set apart.
    let mut rows: Vec<(f64, bool)> = scores
        .iter()
        .map(|score| score + 0.0)
        .zip(labels.iter().copied())
        .collect();
    rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    rows.chunk_by(|a, b| a.0 == b.0)
        .map(|group| {
            let positives = group.iter().filter(|(_, label)| *label).count() as u64;
            TiedGroup {
                positives,
                negatives: group.len() as u64 - positives,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(table: &[(f64, bool)], auc: Option<f64>, precision: Option<f64>) {
        let (scores, labels): (Vec<f64>, Vec<bool>) = table.iter().copied().unzip();
        let near = |actual: Option<f64>, expected: Option<f64>| match (actual, expected) {
            (Some(actual), Some(expected)) => (actual - expected).abs() < 1e-12,
            (actual, expected) => actual == expected,
        };
        assert!(
            near(roc_auc(&scores, &labels), auc),
            "{table:?}: {:?}",
            roc_auc(&scores, &labels)
        );
        let actual = average_precision(&scores, &labels);
        assert!(near(actual, precision), "{table:?}: {actual:?}");
    }

    #[test]
    fn small_tables_worked_by_hand() {
        // Ranks + − + −: of four pairs three are right; precision 1 at half the recall, 2/3 at all of it.
        check(
            &[(0.8, true), (0.4, false), (0.35, false), (0.6, true)],
            Some(1.0),
            Some(1.0),
        );
        check(
            &[(0.8, true), (0.7, false), (0.6, true), (0.1, false)],
            Some(0.75),
            Some(5.0 / 6.0),
        );
        // One tie across the classes: half a pair; both rows are flagged at once.
        check(&[(0.5, true), (0.5, false)], Some(0.5), Some(0.5));
        check(&[(0.0, true), (-0.0, false)], Some(0.5), Some(0.5));
        check(
            &[(0.9, true), (0.5, true), (0.5, false), (0.1, false)],
            Some(0.875),
            Some(5.0 / 6.0),
        );
        check(&[(0.9, false), (0.1, true)], Some(0.0), Some(0.5));
    }

    #[test]
    fn one_class_alone_has_no_ranking() {
        check(&[], None, None);
        check(&[(0.3, false)], None, None);
        check(&[(0.3, true), (0.2, true)], None, Some(1.0));
    }

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(table in prop::collection::vec((0u8..6, any::<bool>()), 2..40)) {
            let (scores, labels): (Vec<f64>, Vec<bool>) = table.iter().map(|(s, l)| (f64::from(*s), *l)).unzip();
            let mut pairs = 0.0;
            let mut won = 0.0;
            for positive in (0..table.len()).filter(|row| labels[*row]) {
                for negative in (0..table.len()).filter(|row| !labels[*row]) {
                    pairs += 1.0;
                    won += match scores[positive].total_cmp(&scores[negative]) {
                        core::cmp::Ordering::Greater => 1.0,
                        core::cmp::Ordering::Equal => 0.5,
                        core::cmp::Ordering::Less => 0.0,
                    };
                }
            }
            let expected = (pairs > 0.0).then(|| won / pairs);
            prop_assert_eq!(roc_auc(&scores, &labels), expected);
        }

        #[test]
        fn average_precision_sums_over_thresholds(table in prop::collection::vec((0u8..6, any::<bool>()), 1..40)) {
            let (scores, labels): (Vec<f64>, Vec<bool>) = table.iter().map(|(s, l)| (f64::from(*s), *l)).unzip();
            let positives = labels.iter().filter(|label| **label).count() as f64;
            let mut expected = 0.0;
            let mut recall_before = 0.0;
            for threshold in (0..6).rev().map(f64::from) {
                let flagged: Vec<bool> = (0..table.len()).filter(|row| scores[*row] >= threshold).map(|row| labels[row]).collect();
                let found = flagged.iter().filter(|label| **label).count() as f64;
                if !flagged.is_empty() {
                    expected += (found / positives - recall_before) * found / flagged.len() as f64;
                }
                recall_before = found / positives;
            }
            match average_precision(&scores, &labels) {
                Some(actual) => prop_assert!((actual - expected).abs() < 1e-12),
                None => prop_assert_eq!(positives, 0.0),
            }
        }
    }
}
