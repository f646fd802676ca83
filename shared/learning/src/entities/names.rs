//! What entities are called among holders, without saying their names.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Most entities of a list.
pub const LISTED_MAX: usize = 1 << 20;

/// Gives every entity a place in the vectors that are summed. Names travel as salted hashes only; a salt keeps those who
/// do not have the plan from trying names out, and different plans from being joined. Whoever has the plan can try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityNames {
    salt: String,
    places: Places,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Places {
    /// Hashes of the entities that everybody knows, ascending: each has a place of its own.
    Listed(Vec<u64>),
    /// Entities share so many places.
    Hashed(u32),
}

impl EntityNames {
    /// A place for each entity of a list that all holders have (the terminals of a card network, say), in whatever
    /// order and with repeats. Others have none. `None` if there are more than [`LISTED_MAX`].
    pub fn listed<'name>(salt: &str, names: impl IntoIterator<Item = &'name str>) -> Option<Self> {
        let mut hashes: Vec<u64> = names.into_iter().map(|name| hash_of(salt, name)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        (hashes.len() <= LISTED_MAX).then(|| Self {
            salt: salt.to_owned(),
            places: Places::Listed(hashes),
        })
    }

    /// `places` for any number of entities: needs no list, but entities that meet in a place are counted together.
    pub fn hashed(salt: &str, places: u32) -> Self {
        Self {
            salt: salt.to_owned(),
            places: Places::Hashed(places),
        }
    }

    /// Number of places.
    pub fn len(&self) -> usize {
        match &self.places {
            Places::Listed(hashes) => hashes.len(),
            Places::Hashed(places) => *places as usize,
        }
    }

    /// True if nothing has a place.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of an entity; `None` if it is not listed.
    pub fn place_of(&self, name: &str) -> Option<u32> {
        let hash = hash_of(&self.salt, name);
        match &self.places {
            // Within LISTED_MAX, which fits.
            Places::Listed(hashes) => hashes.binary_search(&hash).ok().map(|place| place as u32),
            Places::Hashed(0) => None,
            Places::Hashed(places) => Some((hash % u64::from(*places)) as u32),
        }
    }
}

/// The first 64 bits of SHA-256 over the salt, its length and the name.
fn hash_of(salt: &str, name: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update((salt.len() as u64).to_le_bytes());
    hash.update(salt);
    hash.update(name);
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_entities_have_places_of_their_own_whatever_the_order_of_the_list() {
        let one = EntityNames::listed("salt", ["a", "b", "c", "b"]).expect("a short list");
        let other = EntityNames::listed("salt", ["c", "b", "a"]).expect("a short list");
        assert_eq!(one, other);
        let mut places: Vec<_> = ["a", "b", "c"].map(|name| one.place_of(name)).into();
        places.sort_unstable();
        assert_eq!(places, [Some(0), Some(1), Some(2)]);
        assert_eq!(one.place_of("d"), None);
    }

    #[test]
    fn another_salt_gives_other_hashes() {
        let [one, other] =
            ["x", "y"].map(|salt| EntityNames::listed(salt, ["terminal-1"]).expect("a short list"));
        assert_ne!(one.places, other.places);
        // The end of the salt is no beginning of the name.
        assert_ne!(hash_of("ab", "c"), hash_of("a", "bc"));
    }

    #[test]
    fn hashed_entities_share_places() {
        let names = EntityNames::hashed("salt", 4);
        let places: std::collections::HashSet<_> = (0..100)
            .map(|number| names.place_of(&number.to_string()))
            .collect();
        assert_eq!(places.len(), 4);
        assert_eq!(EntityNames::hashed("salt", 0).place_of("a"), None);
    }
}
