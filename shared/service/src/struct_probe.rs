//! Whether a type reads itself from named fields.

use std::cell::Cell;

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// Whether the type asks its format for a struct, itself or behind a newtype or an `Option`.
pub(crate) fn is_struct<T: DeserializeOwned>() -> bool {
    let asks_for_struct = Cell::new(false);
    // A probe holds nothing, so this always fails; what counts is the question.
    let _ = T::deserialize(StructProbe(&asks_for_struct));
    asks_for_struct.get()
}

/// A format without content that remembers what it is asked for.
struct StructProbe<'a>(&'a Cell<bool>);

impl<'de> Deserializer<'de> for StructProbe<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.set(true);
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("a probe holds nothing"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Named {
        field: u8,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Wrapped(Named);

    #[test]
    fn only_types_with_named_fields_ask_for_a_struct() {
        assert!(is_struct::<Named>());
        assert!(is_struct::<Wrapped>());
        assert!(is_struct::<Option<Named>>());
        assert!(!is_struct::<Vec<Named>>());
        assert!(!is_struct::<(u8, u8)>());
        assert!(!is_struct::<BTreeMap<String, u8>>());
        assert!(!is_struct::<serde_json::Value>());
        assert!(!is_struct::<String>());
    }
}
