//! A serde deserializer over the parameters of a path, which are texts with names.

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::serde_fault::shortened;

/// Why parameters could not be read.
#[derive(Debug)]
pub(crate) enum ParameterFault {
    /// The value of a parameter is not what the handler takes.
    Value { parameter: String, message: String },
    /// The handler takes something that the route cannot give.
    Shape(String),
}

impl std::fmt::Display for ParameterFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value { parameter, message } => write!(formatter, "{parameter}: {message}"),
            Self::Shape(message) => formatter.write_str(message),
        }
    }
}

impl std::error::Error for ParameterFault {}

impl serde::de::Error for ParameterFault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Shape(message.to_string())
    }
}

/// All parameters of a path, in its order.
pub(crate) struct PathParameters<'path>(pub &'path [(&'path str, &'path str)]);

impl<'path> PathParameters<'path> {
    fn last(self, count: usize) -> Result<&'path [(&'path str, &'path str)], ParameterFault> {
        let Some(first) = self.0.len().checked_sub(count) else {
            return Err(ParameterFault::Shape(format!(
                "a handler takes {count} path parameters, but its route has {}",
                self.0.len()
            )));
        };
        Ok(&self.0[first..])
    }

    fn only(self) -> Result<Parameter<'path>, ParameterFault> {
        let [(name, value)] = *self.last(1)? else {
            unreachable!("one was asked for")
        };
        Ok(Parameter { name, value })
    }
}

macro_rules! take_the_last_parameter {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterFault> {
            self.only()?.$method(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for PathParameters<'de> {
    type Error = ParameterFault;

    take_the_last_parameter! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32
        deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char
        deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_option deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterFault> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParameterFault> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParameterFault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterFault> {
        visitor.visit_seq(SeqDeserializer::new(parameters(self.0)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, ParameterFault> {
        visitor.visit_seq(SeqDeserializer::new(parameters(self.last(count)?)))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, ParameterFault> {
        self.deserialize_tuple(count, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterFault> {
        let entries = parameters(self.0).map(|parameter| (parameter.name, parameter));
        visitor.visit_map(MapDeserializer::new(entries))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParameterFault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParameterFault> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }
}

fn parameters<'path>(
    pairs: &'path [(&'path str, &'path str)],
) -> impl Iterator<Item = Parameter<'path>> {
    pairs.iter().map(|(name, value)| Parameter { name, value })
}

/// One parameter.
#[derive(Clone, Copy)]
struct Parameter<'path> {
    name: &'path str,
    value: &'path str,
}

impl Parameter<'_> {
    fn fault(self, message: impl std::fmt::Display) -> ParameterFault {
        ParameterFault::Value {
            parameter: self.name.to_owned(),
            message: message.to_string(),
        }
    }

    /// A fault found by the type that is being read belongs to this parameter.
    fn attribute(self, fault: ParameterFault) -> ParameterFault {
        match fault {
            ParameterFault::Shape(message) => self.fault(message),
            value => value,
        }
    }
}

impl<'de> IntoDeserializer<'de, ParameterFault> for Parameter<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parse {
    ($($method:ident: $type:ty => $visit:ident,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterFault> {
            let parsed = self.value.parse::<$type>().map_err(|_| {
                self.fault(format!("`{}` is not a {}", shortened(self.value), stringify!($type)))
            })?;
            visitor.$visit(parsed).map_err(|fault| self.attribute(fault))
        })*
    };
}

impl<'de> Deserializer<'de> for Parameter<'de> {
    type Error = ParameterFault;

    parse! {
        deserialize_bool: bool => visit_bool,
        deserialize_i8: i8 => visit_i8,
        deserialize_i16: i16 => visit_i16,
        deserialize_i32: i32 => visit_i32,
        deserialize_i64: i64 => visit_i64,
        deserialize_i128: i128 => visit_i128,
        deserialize_u8: u8 => visit_u8,
        deserialize_u16: u16 => visit_u16,
        deserialize_u32: u32 => visit_u32,
        deserialize_u64: u64 => visit_u64,
        deserialize_u128: u128 => visit_u128,
        deserialize_f32: f32 => visit_f32,
        deserialize_f64: f64 => visit_f64,
        deserialize_char: char => visit_char,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterFault> {
        visitor
            .visit_borrowed_str(self.value)
            .map_err(|fault| self.attribute(fault))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterFault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParameterFault> {
        visitor
            .visit_newtype_struct(self)
            .map_err(|fault| self.attribute(fault))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParameterFault> {
        visitor
            .visit_enum(self)
            .map_err(|fault| self.attribute(fault))
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

impl<'de> EnumAccess<'de> for Parameter<'de> {
    type Error = ParameterFault;
    type Variant = UnitVariant;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, UnitVariant), ParameterFault> {
        let name: StrDeserializer<'_, ParameterFault> = self.value.into_deserializer();
        seed.deserialize(name).map(|variant| (variant, UnitVariant))
    }
}

/// A text can only be a variant without content.
struct UnitVariant;

impl UnitVariant {
    fn refuse<T>() -> Result<T, ParameterFault> {
        Err(ParameterFault::Shape(
            "a path parameter has no content beyond its text".to_owned(),
        ))
    }
}

impl<'de> VariantAccess<'de> for UnitVariant {
    type Error = ParameterFault;

    fn unit_variant(self) -> Result<(), ParameterFault> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        _: T,
    ) -> Result<T::Value, ParameterFault> {
        Self::refuse()
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, ParameterFault> {
        Self::refuse()
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ParameterFault> {
        Self::refuse()
    }
}
