//! Numbers as integers of the same order.

use crate::rows::is_missing;

/// A present feature value as an order-preserving 32-bit integer: a < b as `f32` exactly if key(a) < key(b).
///
/// Values are rounded to `f32` (24 bits of precision), clipped to its finite range, and −0 counts as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureKey(u32);

const SIGN: u32 = 1 << 31;

impl FeatureKey {
    /// The key of a value, or `None` if it is missing.
    #[inline]
    pub fn of(value: f64) -> Option<Self> {
        (!is_missing(value)).then(|| Self::of_rounded(round_to_f32(value)))
    }

    fn of_rounded(rounded: f32) -> Self {
        let bits = rounded.to_bits();
        // Positive numbers sort as their bits do, above all negative ones, which sort in reverse.
        Self(if bits & SIGN == 0 { bits | SIGN } else { !bits })
    }

    /// The key whose 32 bits are `bits`.
    pub(super) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The 32 bits.
    pub(super) const fn bits(self) -> u32 {
        self.0
    }

    /// The value that has this key.
    pub fn value(self) -> f32 {
        f32::from_bits(if self.0 & SIGN == 0 {
            !self.0
        } else {
            self.0 ^ SIGN
        })
    }

    /// True for the keys of finite numbers.
    pub(super) fn is_finite(self) -> bool {
        self.value().is_finite()
    }
}

/// A present value as every comparison with a cut sees it.
#[inline]
pub(crate) fn round_to_f32(value: f64) -> f32 {
    // Adding zero turns −0 into +0.
    (value as f32).clamp(f32::MIN, f32::MAX) + 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::MISSING;

    #[test]
    fn special_values() {
        let bits = |value| FeatureKey::of(value).map(FeatureKey::bits);
        assert_eq!(bits(MISSING), None);
        assert_eq!(bits(f64::NAN), None);
        assert_eq!(bits(0.0), Some(SIGN));
        assert_eq!(bits(-0.0), bits(0.0));
        assert_eq!(bits(-1e-300), bits(0.0));
        assert_eq!(bits(1e300), bits(f64::from(f32::MAX)));
        assert_eq!(bits(-1e300), bits(f64::from(f32::MIN)));
    }

    proptest! {
        #[test]
        fn order_is_kept_and_the_value_comes_back(a in any::<f32>(), b in any::<f32>()) {
            prop_assume!(a.is_finite() && b.is_finite());
            let key = |value: f32| FeatureKey::of(f64::from(value)).expect("present");
            prop_assert_eq!(key(a) < key(b), a < b);
            prop_assert_eq!(key(a) == key(b), a == b);
            prop_assert_eq!(key(a).value(), a);
            prop_assert_eq!(FeatureKey::from_bits(key(a).bits()), key(a));
        }
    }
}
