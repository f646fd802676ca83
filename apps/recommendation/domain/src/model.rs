//! The model of a merchant: three linear item-item models in one artefact.

use accord_learning::item_weights::ItemWeights;
use serde::{Deserialize, Serialize};

/// What a merchant's lists are computed with. Item numbers are those of the catalogue; items that were described after
/// the training have no weights yet.
#[derive(Clone, Debug, PartialEq)]
pub struct RecommendationModel {
    /// From all that a shopper has done to what the shopper likes (EASE).
    pub taste: ItemWeights,
    /// From the last items of a session to the next (SLIST).
    pub session: ItemWeights,
    /// From an item of a basket to the others (item-kNN, cosine).
    pub together: ItemWeights,
}

/// Bytes are not a stored model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a stored recommendation model: {0}")]
pub struct ModelError(String);

const FORMAT: &str = "accord-recommendation-1";

/// The stored form's first line: what follows it in bytes.
#[derive(Serialize, Deserialize)]
struct Heading {
    format: String,
    taste: usize,
    session: usize,
    together: usize,
}

impl RecommendationModel {
    /// A model of an empty catalogue, that knows nothing.
    pub fn empty() -> Self {
        let nothing = || ItemWeights::sparse(0, Vec::new(), Vec::new());
        Self {
            taste: nothing(),
            session: nothing(),
            together: nothing(),
        }
    }

    /// Bytes of the weights in memory.
    pub fn bytes(&self) -> usize {
        self.taste.bytes() + self.session.bytes() + self.together.bytes()
    }

    /// The stored form: a line of JSON, then the three models.
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts = [&self.taste, &self.session, &self.together].map(ItemWeights::to_bytes);
        let heading = Heading {
            format: FORMAT.to_owned(),
            taste: parts[0].len(),
            session: parts[1].len(),
            together: parts[2].len(),
        };
        let mut bytes = serde_json::to_vec(&heading).expect("a heading is a plain structure");
        bytes.push(b'\n');
        bytes.extend(parts.into_iter().flatten());
        bytes
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// Where the bytes were not written by [`to_bytes`](Self::to_bytes).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let wrong = |reason: &str| ModelError(reason.to_owned());
        let end = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| wrong("no heading"))?;
        let heading: Heading =
            serde_json::from_slice(&bytes[..end]).map_err(|_| wrong("an unknown heading"))?;
        if heading.format != FORMAT {
            return Err(wrong("an unknown format"));
        }
        let mut rest = &bytes[end + 1..];
        let mut part = |length: usize| {
            let (part, after) = rest
                .split_at_checked(length)
                .ok_or_else(|| wrong("cut short"))?;
            rest = after;
            ItemWeights::from_bytes(part).map_err(|error| ModelError(error.to_string()))
        };
        let model = Self {
            taste: part(heading.taste)?,
            session: part(heading.session)?,
            together: part(heading.together)?,
        };
        if rest.is_empty() {
            Ok(model)
        } else {
            Err(wrong("bytes left over"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_comes_back_as_it_was_stored_and_damage_is_noticed() {
        let weights = |weight| ItemWeights::dense(3, vec![0, 2], vec![0.0, weight, weight, 0.0]);
        let model = RecommendationModel {
            taste: weights(0.5),
            session: weights(0.25),
            together: RecommendationModel::empty().together,
        };
        let bytes = model.to_bytes();
        assert_eq!(RecommendationModel::from_bytes(&bytes), Ok(model));
        for damaged in [&bytes[..bytes.len() - 1], &bytes[5..], b"{}\n"] {
            assert!(RecommendationModel::from_bytes(damaged).is_err());
        }
        let longer = [&bytes[..], b"x"].concat();
        assert!(RecommendationModel::from_bytes(&longer).is_err());
    }
}
