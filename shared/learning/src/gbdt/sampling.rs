//! Which rows and columns a tree sees: a hash of (seed, tree, id), so that nobody has to be told.

/// The draw of one tree, or of the calibration rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Draw {
    key: u64,
    /// Hashes below it are in the sample; `None` stands for all.
    limit: Option<u64>,
}

impl Draw {
    /// The rows that tree number `tree` is grown on.
    pub(super) fn rows_of_tree(seed: u64, tree: u32, share: f64) -> Self {
        Self::new(seed, u64::from(tree), share)
    }

    /// The rows that are held out for calibration.
    pub(super) fn held_out_rows(seed: u64, share: f64) -> Self {
        Self::new(seed, HELD_OUT, share)
    }

    fn new(seed: u64, purpose: u64, share: f64) -> Self {
        // 2^64 itself does not fit; a share of 1 means everything.
        let limit = (share < 1.0).then(|| (share * 2f64.powi(64)) as u64);
        Self {
            key: mix(seed ^ mix(purpose)),
            limit,
        }
    }

    /// Whether the sample has the row (or column) of this id.
    #[inline]
    pub(super) fn has(self, id: u64) -> bool {
        self.limit
            .is_none_or(|limit| mix(self.key ^ mix(id)) < limit)
    }
}

/// The columns that tree number `tree` may use, ascending: the share with the lowest hashes, at least one.
pub(super) fn columns_of_tree(seed: u64, tree: u32, columns: usize, share: f64) -> Vec<u16> {
    let key = mix(seed ^ mix(COLUMNS ^ u64::from(tree)));
    let count = ((columns as f64 * share).ceil() as usize).clamp(1, columns);
    let mut drawn: Vec<u16> = (0u16..).take(columns).collect();
    drawn.sort_by_key(|column| mix(key ^ u64::from(*column)));
    drawn.truncate(count);
    drawn.sort_unstable();
    drawn
}

// Tree numbers have 32 bits: these purposes never coincide with one.
const HELD_OUT: u64 = 1 << 40;
const COLUMNS: u64 = 1 << 41;

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the input reaches every bit of the output.
#[inline]
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_its_share_and_differs_from_tree_to_tree() {
        let size = |draw: Draw| (0..100_000).filter(|id| draw.has(*id)).count();
        let [first, second] = [0, 1].map(|tree| Draw::rows_of_tree(7, tree, 0.8));
        assert!(size(first).abs_diff(80_000) < 500);
        let both = (0..100_000)
            .filter(|id| first.has(*id) && second.has(*id))
            .count();
        assert!(
            both.abs_diff(64_000) < 500,
            "independent draws share 64 %: {both}"
        );
        assert_eq!(size(Draw::rows_of_tree(7, 0, 1.0)), 100_000);
        assert!(size(Draw::held_out_rows(7, 0.1)).abs_diff(10_000) < 400);
    }

    #[test]
    fn columns_are_drawn_by_count() {
        assert_eq!(
            columns_of_tree(1, 0, 30, 1.0),
            (0..30).collect::<Vec<u16>>()
        );
        assert_eq!(columns_of_tree(1, 0, 30, 0.5).len(), 15);
        assert_eq!(columns_of_tree(1, 0, 30, 1e-9).len(), 1);
        assert_ne!(
            columns_of_tree(1, 0, 30, 0.5),
            columns_of_tree(1, 1, 30, 0.5)
        );
        let mut uses = [0u32; 10];
        for tree in 0..1_000 {
            for column in columns_of_tree(3, tree, 10, 0.3) {
                uses[usize::from(column)] += 1;
            }
        }
        assert!(uses.iter().all(|uses| uses.abs_diff(300) < 70), "{uses:?}");
    }
}
