//! Which ranks become cuts.

/// A rank at which a bin should begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    /// Rows below the cut: the cut is the key of the row with this zero-based rank.
    pub rank: u64,
    /// The cut may be off by so many rows: an eighth of the distance to the nearest other target, at least one row.
    pub slack: u64,
}

/// `count` ranks evenly spread over `rows` rows.
pub(super) fn even_ranks(rows: u64, count: u64) -> Vec<u64> {
    let parts = count + 1;
    // In 128 bits: rows · count may exceed 64.
    (1..parts)
        .map(|part| (u128::from(rows) * u128::from(part) / u128::from(parts)) as u64)
        .filter(|rank| (1..rows).contains(rank))
        .collect()
}

/// Up to `count` ranks that close in on either end by halves: 8, 16, 32, … rows away from it, as far as `spacing`.
pub(super) fn tail_ranks(rows: u64, count: u64, spacing: u64) -> Vec<u64> {
    const NEAREST: u64 = 8;
    (0..count / 2)
        .map_while(|halving| NEAREST.checked_shl(halving as u32))
        .take_while(|distance| *distance < spacing.min(rows))
        .flat_map(|distance| [distance, rows - distance])
        .collect()
}

/// Sorts ranks, drops repeated ones and says how exact each has to be.
pub(super) fn to_targets(mut ranks: Vec<u64>) -> Vec<Target> {
    ranks.sort_unstable();
    ranks.dedup();
    (0..ranks.len())
        .map(|index| {
            let rank = ranks[index];
            let below = index
                .checked_sub(1)
                .map_or(u64::MAX, |before| rank - ranks[before]);
            let above = ranks.get(index + 1).map_or(u64::MAX, |after| after - rank);
            let slack = match below.min(above) {
                u64::MAX => 1,
                gap => (gap / 8).max(1),
            };
            Target { rank, slack }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_ranks_divide_the_rows() {
        assert_eq!(even_ranks(100, 3), [25, 50, 75]);
        assert_eq!(even_ranks(2, 3), [1, 1]);
        assert_eq!(even_ranks(0, 3), [0u64; 0]);
        assert_eq!(even_ranks(u64::MAX, 1), [u64::MAX / 2]);
    }

    #[test]
    fn tails_close_in_by_halves() {
        assert_eq!(tail_ranks(1_000, 10, 40), [8, 992, 16, 984, 32, 968]);
        assert_eq!(tail_ranks(1_000, 2, 40), [8, 992]);
        assert_eq!(tail_ranks(5, 10, 40), [0u64; 0]);
    }

    #[test]
    fn a_target_may_be_off_by_an_eighth_of_its_gap() {
        let targets = to_targets(vec![80, 0, 80, 96]);
        let expected = [(0, 10), (80, 2), (96, 2)].map(|(rank, slack)| Target { rank, slack });
        assert_eq!(targets, expected);
        assert_eq!(to_targets(vec![7]), [Target { rank: 7, slack: 1 }]);
    }
}
