//! Stored form of feature values: a short list of numbers.

use std::fmt;

use accord_learning::{MISSING, is_missing};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
    ser::SerializeSeq,
};

/// As many values as the set has features. Whole numbers are written without a fraction, missing values as null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values<const N: usize>(pub [f64; N]);

/// Beyond this, not every whole number is a float.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

impl<const N: usize> Serialize for Values<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(N))?;
        for value in self.0 {
            if is_missing(value) {
                list.serialize_element(&None::<f64>)?;
            } else if value.trunc() == value && value.abs() < WHOLE_MAX && !is_negative_zero(value)
            {
                list.serialize_element(&(value as i64))?;
            } else {
                list.serialize_element(&value)?;
            }
        }
        list.end()
    }
}

fn is_negative_zero(value: f64) -> bool {
    value == 0.0 && value.is_sign_negative()
}

impl<'de, const N: usize> Deserialize<'de> for Values<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ValuesVisitor)
    }
}

struct ValuesVisitor<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for ValuesVisitor<N> {
    type Value = Values<N>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "a list of {N} numbers, null where one is missing"
        )
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values<N>, A::Error> {
        let mut values = [MISSING; N];
        for (index, value) in values.iter_mut().enumerate() {
            let stored: Option<f64> = list
                .next_element()?
                .ok_or_else(|| A::Error::invalid_length(index, &self))?;
            *value = stored.unwrap_or(MISSING);
        }
        if list.next_element::<Option<f64>>()?.is_some() {
            return Err(A::Error::invalid_length(N + 1, &self));
        }
        Ok(Values(values))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_numbers_are_short_and_missing_ones_are_null() {
        let values = Values([1_250.0, MISSING, 0.5, -3.0, 0.0]);
        let text = serde_json::to_string(&values).unwrap();
        assert_eq!(text, "[1250,null,0.5,-3,0]");
        assert_eq!(serde_json::from_str::<Values<5>>(&text).unwrap(), values);
    }

    #[test]
    fn another_number_of_values_is_refused() {
        for text in ["[1,2]", "[1,2,3,4]", "[1,2,true]", "{}"] {
            assert!(serde_json::from_str::<Values<3>>(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back_to_the_bit(
            values in proptest::array::uniform5(proptest::num::f64::NORMAL | proptest::num::f64::ZERO),
        ) {
            let text = serde_json::to_string(&Values(values)).unwrap();
            let read: Values<5> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read.0.map(f64::to_bits), values.map(f64::to_bits));
        }
    }
}
