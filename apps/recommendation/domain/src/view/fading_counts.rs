//! Counts that fade with time, of all items at once.
//!
//! Every count is kept as it would be at one reference moment, so that reading needs no clock and no exponential: what
//! happens later than the reference simply counts for more. When those amounts grow large, the reference moves.

/// Doublings beyond which the reference moves: far from where a number of 64 bits ends.
const DOUBLINGS_MAX: f64 = 400.0;

/// Counts that halve in a fixed time.
#[derive(Clone, Debug)]
pub struct FadingCounts {
    half_life_us: i64,
    reference_us: Option<i64>,
    values: Vec<f64>,
}

impl FadingCounts {
    /// No counts yet.
    pub fn new(half_life_us: i64) -> Self {
        Self {
            half_life_us,
            reference_us: None,
            values: Vec::new(),
        }
    }

    /// Counts something that happened to an item, in any order of time; a negative weight takes it back.
    pub fn add(&mut self, number: u32, weight: f64, at_us: i64) {
        let reference_us = *self.reference_us.get_or_insert(at_us);
        let mut doublings = self.doublings(at_us, reference_us);
        if doublings > DOUBLINGS_MAX {
            let factor = (-doublings).exp2();
            self.values.iter_mut().for_each(|value| *value *= factor);
            self.reference_us = Some(at_us);
            doublings = 0.0;
        }
        let index = number as usize;
        if self.values.len() <= index {
            self.values.resize(index + 1, 0.0);
        }
        // What is taken back was added before; rounding must not leave less than nothing.
        let value = self.values[index] + weight * doublings.exp2();
        self.values[index] = value.max(0.0);
    }

    /// One count for each item that was ever counted, by number; comparable with each other only.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// What an item counts at a moment.
    pub fn at(&self, number: u32, now_us: i64) -> f64 {
        let (Some(value), Some(reference_us)) =
            (self.values.get(number as usize), self.reference_us)
        else {
            return 0.0;
        };
        value * (-self.doublings(now_us, reference_us)).exp2()
    }

    fn doublings(&self, at_us: i64, reference_us: i64) -> f64 {
        (at_us - reference_us) as f64 / self.half_life_us as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_halves_in_its_time_whatever_the_order() {
        let mut counts = FadingCounts::new(10);
        counts.add(1, 4.0, 20);
        counts.add(1, 4.0, 10);
        assert_eq!(counts.at(1, 20), 6.0);
        assert_eq!(counts.at(1, 30), 3.0);
        assert_eq!(counts.at(0, 30), 0.0);
        assert_eq!(counts.at(9, 30), 0.0);
    }

    #[test]
    fn a_long_time_neither_overflows_nor_changes_the_order() {
        let mut counts = FadingCounts::new(1);
        counts.add(0, 1.0, 0);
        counts.add(1, 3.0, 100);
        counts.add(2, 1.0, 5_000);
        counts.add(2, 1.0, 5_001);
        assert_eq!(counts.at(2, 5_001), 1.5);
        assert!(counts.values().iter().all(|value| value.is_finite()));
        assert!(counts.values()[2] > counts.values()[1]);
    }
}
