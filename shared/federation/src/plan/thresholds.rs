//! How many must take part.

use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, Reader, Wire, Writer};

/// The numbers that make a sum safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// t: shares that open a secret, and signatures that fix a survivor set.
    pub threshold: u8,
    /// c: institutions that may conspire with the coordinator.
    pub colluders: u8,
    /// The fewest institutions whose answers may be summed.
    pub survivors_min: u8,
}

impl Thresholds {
    /// The smallest numbers that are safe for `parties` institutions of which `colluders` conspire; `None` where there
    /// are none.
    ///
    /// t = max(⌊2n/3⌋ + 1, ⌊(n + c)/2⌋ + 1): two different survivor sets cannot both be opened, because that would need
    /// 2t signatures or shares of n institutions, c of which would give both. A sum must hide an answer from c colluders
    /// among at least two others: survivors ≥ max(t, c + 2).
    pub fn smallest(parties: usize, colluders: usize) -> Option<Self> {
        let threshold = (2 * parties / 3 + 1).max((parties + colluders) / 2 + 1);
        let survivors_min = threshold.max(colluders + 2);
        if parties < 3 || threshold > parties || survivors_min > parties {
            return None;
        }
        Some(Self {
            threshold: u8::try_from(threshold).ok()?,
            colluders: u8::try_from(colluders).ok()?,
            survivors_min: u8::try_from(survivors_min).ok()?,
        })
    }

    /// t.
    pub fn threshold(self) -> usize {
        usize::from(self.threshold)
    }

    /// The fewest survivors.
    pub fn survivors_min(self) -> usize {
        usize::from(self.survivors_min)
    }

    /// Participants whose noise surely counts: survivors that do not collude.
    pub fn honest_survivors(self) -> usize {
        usize::from(self.survivors_min.saturating_sub(self.colluders))
    }

    /// True if these numbers are at least the smallest safe ones, and possible.
    pub(super) fn are_safe(self, parties: usize) -> bool {
        Self::smallest(parties, usize::from(self.colluders)).is_some_and(|smallest| {
            self.threshold >= smallest.threshold
                && self.threshold() <= parties
                && self.survivors_min >= self.threshold
                && self.survivors_min >= smallest.survivors_min
                && self.survivors_min() <= parties
        })
    }
}

impl Wire for Thresholds {
    fn write(&self, writer: &mut Writer) {
        writer.u8(self.threshold);
        writer.u8(self.colluders);
        writer.u8(self.survivors_min);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            threshold: reader.u8()?,
            colluders: reader.u8()?,
            survivors_min: reader.u8()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_those_of_the_design() {
        for (parties, threshold) in [(3usize, 3), (4, 3), (5, 4), (10, 7), (50, 34)] {
            for colluders in 0..parties.div_ceil(3) {
                let found = Thresholds::smallest(parties, colluders).expect("possible");
                assert_eq!(
                    found.threshold(),
                    threshold,
                    "{parties} parties, {colluders} colluders"
                );
            }
        }
        assert_eq!(
            Thresholds::smallest(2, 0),
            None,
            "two institutions never sum"
        );
        assert_eq!(
            Thresholds::smallest(5, 4),
            None,
            "nobody is left to hide behind"
        );
    }

    #[test]
    fn two_survivor_sets_never_both_find_enough_honest_signers() {
        for parties in 3..=50usize {
            for colluders in 0..parties {
                if let Some(found) = Thresholds::smallest(parties, colluders) {
                    assert!(2 * found.threshold() > parties + colluders);
                }
            }
        }
    }

    #[test]
    fn lower_numbers_are_not_safe() {
        let safe = Thresholds::smallest(5, 1).expect("possible");
        assert!(safe.are_safe(5));
        for lower in [
            Thresholds {
                threshold: safe.threshold - 1,
                ..safe
            },
            Thresholds {
                survivors_min: safe.survivors_min - 1,
                ..safe
            },
            Thresholds {
                survivors_min: 6,
                ..safe
            },
            Thresholds {
                threshold: 6,
                survivors_min: 6,
                ..safe
            },
        ] {
            assert!(!lower.are_safe(5), "{lower:?}");
        }
    }
}
