//! A deserializer for values from the browser's own JSON parser, written for small size.
//!
//! A general reader names the field, the type and the value in its errors and compares every field's name, which makes
//! up a fortieth of all that a browser loads. This one reads a struct as the sequence of its fields and variants by
//! their position in the type, and its error says only that the value did not fit.

use std::{fmt, slice, vec};

use js_sys::{Array, Object, Reflect};
use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, SeqAccess, VariantAccess, Visitor,
    value::{StringDeserializer, U64Deserializer},
};
use wasm_bindgen::{JsCast, JsValue};

/// The error for a value that is not of the requested type.
#[derive(Debug)]
pub struct Misfit;

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not of the type that was asked for")
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A value to deserialize.
pub struct Reader(pub JsValue);

impl Reader {
    /// Reads a whole number. A number beyond 53 bits is as close as the browser's parser came to it, and one beyond 64
    /// bits is the largest possible: such a number must not make a page fail.
    fn whole_number(&self) -> Result<i64, Misfit> {
        let number = self.0.as_f64().filter(|number| number.fract() == 0.0).ok_or(Misfit)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole, and the cast stops at the ends of the range")]
        Ok(number as i64)
    }

    fn items(&self) -> Result<Items, Misfit> {
        Ok(Items(self.0.dyn_ref::<Array>().ok_or(Misfit)?.to_vec().into_iter()))
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            visitor.visit_i64(self.whole_number()?)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Reader {
    type Error = Misfit;

    whole_numbers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    whole_numbers!(deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_bool(self.0.as_bool().ok_or(Misfit)?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_string(self.0.as_string().ok_or(Misfit)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let is_none = self.0.is_null() || self.0.is_undefined();
        if is_none { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.0.is_null() { visitor.visit_unit() } else { Err(Misfit) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_seq(self.items()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        if !self.0.is_object() {
            return Err(Misfit);
        }
        visitor.visit_seq(Fields { object: self.0, names: fields.iter() })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        // `"Variant"`, or `{"Variant": content}`.
        let (name, content) = match self.0.as_string() {
            Some(name) => (name, JsValue::NULL),
            None => {
                let object = self.0.dyn_ref::<Object>().ok_or(Misfit)?;
                let name = Object::keys(object).get(0);
                let content = Reflect::get(object, &name).map_err(|_| Misfit)?;
                (name.as_string().ok_or(Misfit)?, content)
            }
        };
        let place = variants.iter().zip(0u64..).find(|(known, _)| **known == name).ok_or(Misfit)?.1;
        visitor.visit_enum(Variant { place, content: Self(content) })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let name: StringDeserializer<Misfit> = self.0.as_string().ok_or(Misfit)?.into_deserializer();
        name.deserialize_identifier(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Misfit> {
        Err(Misfit)
    }

    // The types of `model` hold none of these.
    serde::forward_to_deserialize_any! { f32 f64 char bytes byte_buf map unit_struct tuple_struct ignored_any }
}

struct Items(vec::IntoIter<JsValue>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        self.0.next().map(|item| seed.deserialize(Reader(item))).transpose()
    }
}

/// The fields of a struct in the order of the type. A field that the object lacks is `undefined`: `None` for an
/// `Option`, and a misfit for any other type.
struct Fields {
    object: JsValue,
    names: slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(name) = self.names.next() else { return Ok(None) };
        let value = Reflect::get(&self.object, &JsValue::from_str(name)).map_err(|_| Misfit)?;
        seed.deserialize(Reader(value)).map(Some)
    }
}

struct Variant {
    place: u64,
    content: Reader,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Misfit;
    type Variant = Reader;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Reader), Misfit> {
        let place: U64Deserializer<Misfit> = self.place.into_deserializer();
        Ok((seed.deserialize(place)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Reader {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        if self.0.is_null() { Ok(()) } else { Err(Misfit) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        de::Deserializer::deserialize_seq(self, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        de::Deserializer::deserialize_struct(self, "", fields, visitor)
    }
}
