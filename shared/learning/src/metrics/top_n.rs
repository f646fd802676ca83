//! How good the first places of a ranking are.
//!
//! A ranking lists item numbers, best first; `targets` are the items that were really chosen, each once.

/// The first `count` items by score, highest first, ties by item number; items for which `excluded` holds are left out.
///
/// Item numbers should follow item ids: a tie is then broken by the id, which favours nobody. A score that is no number
/// ranks last.
pub fn best_items(scores: &[f64], count: usize, excluded: impl Fn(u32) -> bool) -> Vec<u32> {
    let better = |left: &u32, right: &u32| {
        let [left_score, right_score] = [left, right].map(|item| {
            let score = scores[*item as usize];
            // Minus zero ties with zero.
            if score.is_nan() {
                f64::NEG_INFINITY
            } else {
                score + 0.0
            }
        });
        right_score.total_cmp(&left_score).then(left.cmp(right))
    };
    let mut items: Vec<u32> = (0u32..)
        .take(scores.len())
        .filter(|item| !excluded(*item))
        .collect();
    if count == 0 {
        return Vec::new();
    }
    if items.len() > count {
        items.select_nth_unstable_by(count - 1, better);
        items.truncate(count);
    }
    items.sort_unstable_by(better);
    items
}

/// Targets among the first `k`, as a share of as many as could be there: hits / min(k, number of targets).
pub fn recall(ranking: &[u32], targets: &[u32], target_count: usize, k: usize) -> Option<f64> {
    let possible = target_count.min(k);
    let hits = ranking
        .iter()
        .take(k)
        .filter(|item| targets.contains(item))
        .count();
    (possible > 0).then(|| hits as f64 / possible as f64)
}

/// Normalised discounted cumulative gain of the first `k`: a target in place r (from 1) gains 1 / log2(r + 1), beside
/// the most that min(k, number of targets) targets could gain.
pub fn ndcg(ranking: &[u32], targets: &[u32], target_count: usize, k: usize) -> Option<f64> {
    let discount = |place: usize| 1.0 / ((place + 2) as f64).log2();
    let gained: f64 = (0..)
        .zip(ranking.iter().take(k))
        .filter(|(_, item)| targets.contains(item))
        .map(|(place, _)| discount(place))
        .sum();
    let possible: f64 = (0..target_count.min(k)).map(discount).sum();
    (target_count > 0 && k > 0).then(|| gained / possible)
}

/// The place of `target` among the first `k`, from 1.
pub fn place(ranking: &[u32], target: u32, k: usize) -> Option<usize> {
    let found = ranking.iter().take(k).position(|item| *item == target);
    found.map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lower_number_and_what_is_no_number_comes_last() {
        let scores = [0.0, 1.0, f64::NAN, -0.0, 1.0, -2.0];
        assert_eq!(best_items(&scores, 9, |_| false), [1, 4, 0, 3, 5, 2]);
        for count in 0..6 {
            assert_eq!(
                best_items(&scores, count, |_| false),
                [1, 4, 0, 3, 5, 2][..count]
            );
        }
        assert_eq!(best_items(&scores, 2, |item| item == 1), [4, 0]);
        assert!(best_items(&[], 3, |_| false).is_empty());
    }

    /// Worked out by hand.
    #[test]
    fn figures_agree_with_a_table() {
        let near = |actual: Option<f64>, expected: f64| {
            assert!(
                actual.is_some_and(|actual| (actual - expected).abs() < 1e-12),
                "{actual:?}, {expected}"
            );
        };
        let ranking = [7, 3, 9, 1];
        // Targets 3 and 1 in places 2 and 4; a third target is never recommended.
        near(recall(&ranking, &[3, 1], 3, 2), 1.0 / 2.0);
        near(recall(&ranking, &[3, 1], 3, 4), 2.0 / 3.0);
        near(recall(&ranking, &[3], 1, 20), 1.0);
        let [second, fourth] = [1.0 / 3f64.log2(), 1.0 / 5f64.log2()];
        let ideal = 1.0 + second + 0.5;
        near(ndcg(&ranking, &[3, 1], 3, 100), (second + fourth) / ideal);
        near(ndcg(&ranking, &[3, 1], 3, 2), second / (1.0 + second));
        near(ndcg(&ranking, &[7], 1, 1), 1.0);
        assert_eq!(recall(&ranking, &[], 0, 5), None);
        assert_eq!(ndcg(&ranking, &[], 0, 5), None);
        assert_eq!(place(&ranking, 9, 3), Some(3));
        assert_eq!(place(&ranking, 1, 3), None);
    }
}
