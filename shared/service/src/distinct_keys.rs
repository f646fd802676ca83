//! Reads a JSON object into a map and refuses an object that has the same key twice.
//!
//! Structs refuse duplicate fields by themselves; maps would silently keep the last one.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// For fields: `#[serde(deserialize_with = "accord_service::distinct_keys::deserialize")]`.
///
/// # Errors
/// If a key occurs twice, or a value does not parse.
pub fn deserialize<'de, D, V>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    deserializer.deserialize_map(Distinct(PhantomData))
}

struct Distinct<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Distinct<V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object whose keys are distinct")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                // The phrase that serde uses for structs, so that it is understood alike.
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
            map.insert(key, entries.next_value()?);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse_json;
    use crate::problem::FieldError;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Labelled {
        #[serde(deserialize_with = "deserialize")]
        labels: BTreeMap<String, i64>,
    }

    #[test]
    fn distinct_keys_are_kept_and_duplicates_refused_by_name() {
        let labelled: Labelled = parse_json(br#"{"labels": {"a": 1, "b": 2}}"#).unwrap();
        assert_eq!(labelled.labels["b"], 2);
        let problem = parse_json::<Labelled>(br#"{"labels": {"a": 1, "a": 2}}"#).unwrap_err();
        let expected = FieldError::at_pointer("#/labels/a", "`a` is given more than once");
        assert_eq!(problem.into_document().errors, [expected]);
    }
}
