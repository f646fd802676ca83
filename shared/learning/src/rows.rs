//! A holder's training rows.

use thiserror::Error;

/// The value that stands for a missing feature.
///
/// It is the lowest finite `f64`, so it survives JSON (which has neither NaN nor infinities) and sorts below every
/// real value. NaN is refused in training rows.
pub const MISSING: f64 = f64::MIN;

/// True for [`MISSING`]. NaN and −∞, which never belong in a feature, are also read as missing, so that a defect
/// upstream cannot turn a score into NaN.
#[inline]
#[expect(
    clippy::neg_cmp_op_on_partial_ord,
    reason = "one negated comparison catches the sentinel, NaN and −∞; that is its purpose"
)]
pub fn is_missing(value: f64) -> bool {
    !(value > MISSING)
}

/// Why a row was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RowError {
    /// The row has another number of features than its table.
    #[error("a row of {actual} features in a table of {expected}")]
    FeatureCount {
        /// Features of the table.
        expected: usize,
        /// Features of the row.
        actual: usize,
    },
    /// A feature is NaN or infinite; a missing value is written as [`MISSING`].
    #[error("feature {feature} is not a finite number")]
    NotFinite {
        /// Index of the feature.
        feature: usize,
    },
}

/// Labelled rows of one holder: row-major features, a yes/no label and an id each.
///
/// The id is what row sampling hashes, so it must not depend on who holds the row (a transaction id's hash, not a
/// position).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrainingRows {
    feature_count: usize,
    features: Vec<f64>,
    labels: Vec<bool>,
    ids: Vec<u64>,
}

impl TrainingRows {
    /// An empty table of `feature_count` features.
    pub fn new(feature_count: usize) -> Self {
        Self {
            feature_count,
            ..Self::default()
        }
    }

    /// Appends a row. Every feature must be finite; [`MISSING`] is.
    pub fn push(&mut self, id: u64, features: &[f64], label: bool) -> Result<(), RowError> {
        if features.len() != self.feature_count {
            return Err(RowError::FeatureCount {
                expected: self.feature_count,
                actual: features.len(),
            });
        }
        if let Some(feature) = features.iter().position(|value| !value.is_finite()) {
            return Err(RowError::NotFinite { feature });
        }
        self.features.extend_from_slice(features);
        self.labels.push(label);
        self.ids.push(id);
        Ok(())
    }

    /// Reserves room for `rows` more rows.
    pub fn reserve(&mut self, rows: usize) {
        self.features.reserve(rows * self.feature_count);
        self.labels.reserve(rows);
        self.ids.reserve(rows);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Number of features of every row.
    pub fn feature_count(&self) -> usize {
        self.feature_count
    }

    /// The features of one row.
    pub fn features(&self, row: usize) -> &[f64] {
        &self.features[row * self.feature_count..(row + 1) * self.feature_count]
    }

    /// One label per row.
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// One id per row.
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// Features and label of every row, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[f64], bool)> {
        self.labels
            .iter()
            .enumerate()
            .map(|(row, label)| (self.features(row), *label))
    }

    /// Spreads the rows over `holders` tables; `holder_of` names the holder of each row and must be below `holders`.
    pub fn split(&self, holders: usize, mut holder_of: impl FnMut(usize) -> usize) -> Vec<Self> {
        let mut parts = vec![Self::new(self.feature_count); holders];
        for row in 0..self.len() {
            let part = &mut parts[holder_of(row)];
            part.features.extend_from_slice(self.features(row));
            part.labels.push(self.labels[row]);
            part.ids.push(self.ids[row]);
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sentinel_and_what_is_no_number_is_missing() {
        for missing in [MISSING, f64::NAN, f64::NEG_INFINITY] {
            assert!(is_missing(missing), "{missing}");
        }
        for present in [
            0.0,
            -0.0,
            -1e300,
            f64::MAX,
            f64::INFINITY,
            f64::MIN_POSITIVE,
        ] {
            assert!(!is_missing(present), "{present}");
        }
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused_and_leaves_the_table_as_it_was() {
        let mut rows = TrainingRows::new(2);
        assert_eq!(
            rows.push(1, &[1.0], true),
            Err(RowError::FeatureCount {
                expected: 2,
                actual: 1
            })
        );
        assert_eq!(
            rows.push(1, &[1.0, f64::NAN], true),
            Err(RowError::NotFinite { feature: 1 })
        );
        assert!(rows.is_empty());
        assert_eq!(rows.push(1, &[1.0, MISSING], true), Ok(()));
        assert_eq!(rows.features(0), [1.0, MISSING]);
    }

    #[test]
    fn a_split_keeps_every_row_once() {
        let mut rows = TrainingRows::new(1);
        for id in 0..10u32 {
            rows.push(u64::from(id), &[f64::from(id)], id % 3 == 0)
                .expect("finite");
        }
        let parts = rows.split(3, |row| row % 2);
        assert_eq!(
            parts.iter().map(TrainingRows::len).collect::<Vec<_>>(),
            [5, 5, 0]
        );
        assert_eq!(parts[1].ids(), [1, 3, 5, 7, 9]);
        assert_eq!(parts[1].features(4), [9.0]);
    }
}
