//! What a team that can look at k cards a day finds.

use std::collections::{HashMap, HashSet};

/// A scored transaction of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredTransaction {
    /// Whose card it is.
    pub customer: u64,
    /// Higher is more suspicious.
    pub score: f64,
    /// Whether it was fraud.
    pub fraud: bool,
}

/// Card precision at `cards`: the mean over days of the share of defrauded customers among the first `cards`.
///
/// Each day customers are ranked by the highest score of their transactions (ties by customer id, lowest first); a
/// customer counts as found if any transaction of that day is fraud. Found customers leave the following days, since
/// their card is blocked. The share is always of `cards`, also on a day with fewer customers. `None` without days or
/// with `cards` = 0.
///
/// Source: Fraud Detection Handbook (Le Borgne et al.), chapter 4, "Card Precision top-k".
pub fn card_precision(days: &[Vec<ScoredTransaction>], cards: usize) -> Option<f64> {
    let mut blocked: HashSet<u64> = HashSet::new();
    let mut found_over_days = 0usize;
    for day in days {
        let ranking = rank_customers(day, &blocked);
        let found = ranking
            .iter()
            .take(cards)
            .filter(|card| card.fraud)
            .map(|card| card.customer);
        let blocked_before = blocked.len();
        blocked.extend(found);
        found_over_days += blocked.len() - blocked_before;
    }
    let inspected = cards * days.len();
    (inspected > 0).then(|| found_over_days as f64 / inspected as f64)
}

/// One entry per customer who is not blocked: the highest score and whether anything was fraud.
fn rank_customers(day: &[ScoredTransaction], blocked: &HashSet<u64>) -> Vec<ScoredTransaction> {
    let mut customers: HashMap<u64, ScoredTransaction> = HashMap::new();
    for transaction in day
        .iter()
        .filter(|transaction| !blocked.contains(&transaction.customer))
    {
        let card = customers
            .entry(transaction.customer)
            .or_insert(*transaction);
        card.score = card.score.max(transaction.score);
        card.fraud |= transaction.fraud;
    }
    let mut ranking: Vec<ScoredTransaction> = customers.into_values().collect();
    ranking.sort_unstable_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(a.customer.cmp(&b.customer))
    });
    ranking
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(transactions: &[(u64, f64, bool)]) -> Vec<ScoredTransaction> {
        transactions
            .iter()
            .map(|(customer, score, fraud)| ScoredTransaction {
                customer: *customer,
                score: *score,
                fraud: *fraud,
            })
            .collect()
    }

    #[test]
    fn a_customer_is_ranked_by_the_highest_score_and_found_by_any_fraud() {
        let days = [day(&[
            (1, 0.2, true),
            (1, 0.9, false),
            (2, 0.8, false),
            (3, 0.1, true),
        ])];
        assert_eq!(card_precision(&days, 1), Some(1.0));
        assert_eq!(card_precision(&days, 2), Some(0.5));
        assert_eq!(card_precision(&days, 4), Some(0.5));
    }

    #[test]
    fn a_found_card_leaves_the_following_days() {
        let days = [
            day(&[(1, 0.9, true), (2, 0.8, true)]),
            day(&[(1, 0.9, true), (2, 0.8, true)]),
        ];
        assert_eq!(card_precision(&days, 1), Some(1.0));
        assert_eq!(card_precision(&days, 2), Some(0.5));
    }

    #[test]
    fn a_missed_card_stays() {
        let days = [
            day(&[(1, 0.1, true), (2, 0.8, false)]),
            day(&[(1, 0.9, true), (2, 0.8, false)]),
        ];
        assert_eq!(card_precision(&days, 1), Some(0.5));
    }

    #[test]
    fn ties_go_to_the_lower_customer_id() {
        assert_eq!(
            card_precision(&[day(&[(7, 0.5, true), (5, 0.5, false)])], 1),
            Some(0.0)
        );
        assert_eq!(
            card_precision(&[day(&[(5, 0.5, true), (7, 0.5, false)])], 1),
            Some(1.0)
        );
    }

    #[test]
    fn nothing_inspected_has_no_precision() {
        assert_eq!(card_precision(&[], 100), None);
        assert_eq!(card_precision(&[day(&[(1, 0.5, true)])], 0), None);
        assert_eq!(card_precision(&[day(&[])], 100), Some(0.0));
    }
}
