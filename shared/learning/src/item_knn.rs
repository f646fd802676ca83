//! Item-kNN: items that share histories, by cosine.

use crate::gram::Gram;
use crate::item_weights::ItemWeights;

/// Weights G_ij / √(G_ii·G_jj) to the `neighbours` most similar items of each (ties by item number), none to itself.
pub fn solve(gram: &Gram, neighbours: usize) -> ItemWeights {
    let size = gram.items().len();
    let lengths: Vec<f64> = (0..size).map(|item| gram.get(item, item).sqrt()).collect();
    let rows = (0..size).map(|row| {
        let similar = (0..size).filter(|column| *column != row).map(|column| {
            let cosine = gram.get(row, column) / (lengths[row] * lengths[column]);
            (column as u32, cosine as f32)
        });
        let mut similar: Vec<(u32, f32)> = similar.filter(|(_, cosine)| *cosine > 0.0).collect();
        if similar.len() > neighbours {
            similar.sort_unstable_by(|left, right| {
                right.1.total_cmp(&left.1).then(left.0.cmp(&right.0))
            });
            similar.truncate(neighbours);
            similar.sort_unstable_by_key(|(column, _)| *column);
        }
        similar
    });
    ItemWeights::sparse(gram.item_count(), gram.items().to_vec(), rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::train_centrally;
    use crate::gram::{GramLearner, GramPlan};
    use crate::histories::Histories;

    #[test]
    fn weights_are_cosines_of_the_nearest() {
        let mut histories = Histories::new(4);
        for items in [&[0, 1][..], &[0, 1, 2], &[1], &[3]] {
            histories.push(0, items).expect("known items");
        }
        let learner = GramLearner::new(GramPlan::new(4)).expect("a sensible plan");
        let gram = train_centrally(learner, &histories).expect("trains");
        let weights = solve(&gram, 1);
        assert_eq!(weights.weight(0, 1), (2.0 / 6f64.sqrt()) as f32);
        assert_eq!(
            weights.weight(0, 2),
            0.0,
            "item 1 is nearer to 0 than item 2"
        );
        assert_eq!(weights.weight(2, 0), (1.0 / 2f64.sqrt()) as f32);
        assert_eq!(weights.weight(3, 0), 0.0);
        assert_eq!(weights.weight(1, 1), 0.0);
    }
}
