//! Where the bins of every feature begin.

use serde::{Deserialize, Serialize};

use super::key::FeatureKey;
use crate::content_hash::content_hash;

/// The bins of all features, in feature order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantileBins {
    /// One entry per feature.
    pub features: Vec<FeatureBins>,
}

impl QuantileBins {
    /// SHA-256 over the canonical JSON.
    pub fn content_hash(&self) -> String {
        content_hash(self)
    }
}

/// The bins of one feature: bin 0 holds missing values, the cuts divide the others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeatureBins {
    /// Keys at which a new bin begins, ascending, at most [`CUTS_MAX`].
    cuts: Vec<u32>,
}

/// Bins are numbered in a byte; one is for missing values and n cuts make n + 1 others.
pub const CUTS_MAX: usize = 254;

impl FeatureBins {
    /// Bins that begin at `cuts`, which may be unsorted and repeated.
    ///
    /// # Panics
    /// If more than 254 different cuts are given.
    pub fn new(cuts: impl IntoIterator<Item = FeatureKey>) -> Self {
        let mut cuts: Vec<u32> = cuts
            .into_iter()
            .filter(|cut| cut.is_finite())
            .map(FeatureKey::bits)
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        assert!(cuts.len() <= CUTS_MAX, "bins are numbered in a byte");
        Self { cuts }
    }

    /// Number of bins, the one for missing values included.
    pub fn bin_count(&self) -> usize {
        self.cuts.len() + 2
    }

    /// The bin of a value: 0 if it is missing, else 1 + the number of cuts at or below it.
    #[inline]
    pub fn bin_of(&self, value: f64) -> u8 {
        match FeatureKey::of(value) {
            None => 0,
            // At most 254 cuts: the sum fits a byte.
            Some(key) => 1 + self.cuts.partition_point(|cut| *cut <= key.bits()) as u8,
        }
    }

    /// The value at which bin `bin` + 1 begins: values below it lie in bins 1..=`bin`, for 1 ≤ `bin` ≤ number of cuts.
    pub fn upper_end(&self, bin: u8) -> f32 {
        FeatureKey::from_bits(self.cuts[usize::from(bin) - 1]).value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::MISSING;

    fn bins(cuts: &[f64]) -> FeatureBins {
        FeatureBins::new(
            cuts.iter()
                .map(|cut| FeatureKey::of(*cut).expect("present")),
        )
    }

    #[test]
    fn a_cut_begins_a_bin() {
        let bins = bins(&[10.0, -1.0, 10.0]);
        assert_eq!(bins.bin_count(), 4);
        for (value, bin) in [
            (MISSING, 0),
            (-2.0, 1),
            (-1.0, 2),
            (9.99, 2),
            (10.0, 3),
            (1e300, 3),
        ] {
            assert_eq!(bins.bin_of(value), bin, "{value}");
        }
        assert_eq!(bins.upper_end(1), -1.0);
        assert_eq!(bins.upper_end(2), 10.0);
    }

    #[test]
    fn without_cuts_there_is_one_bin_for_values_and_one_for_none() {
        let bins = bins(&[]);
        assert_eq!(
            (bins.bin_count(), bins.bin_of(MISSING), bins.bin_of(3.0)),
            (2, 0, 1)
        );
    }

    #[test]
    fn a_full_set_of_bins_fits_a_byte() {
        let bins = FeatureBins::new((0..254u32).filter_map(|cut| FeatureKey::of(f64::from(cut))));
        assert_eq!(bins.bin_of(1e9), 255);
        assert_eq!(bins.bin_count(), 256);
    }
}
