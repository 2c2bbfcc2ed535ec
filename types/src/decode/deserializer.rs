//! Deserializer of serde for what surrounds entities: lists, maps, and types of the user.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use super::bridge::{DELEGATE, RAW_VALUE, delegate};
use super::parser::{DecodeResult, Mark, Parser};
use super::report::{Expected, Failed};

/// Decodes a value of a type that only serde can decode.
pub(super) fn decode_value<T: DeserializeOwned>(parser: &mut Parser<'_>) -> DecodeResult<T> {
    let decoded = Json(parser).at_value(|json| T::deserialize(json));
    decoded.map_err(|Stopped(_)| Failed)
}

/// Error of the deserializer. Without a message, the state of the parser contains the failure.
#[derive(Debug)]
pub(super) struct Stopped(pub(super) Option<String>);

impl From<Failed> for Stopped {
    fn from(_: Failed) -> Self {
        Self(None)
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("the value cannot be read"))
    }
}

impl std::error::Error for Stopped {}

impl serde::de::Error for Stopped {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Some(message.to_string()))
    }

    fn invalid_type(
        unexpected: serde::de::Unexpected<'_>,
        expected: &dyn serde::de::Expected,
    ) -> Self {
        let _ = unexpected;
        Self(Some(expected.to_string()))
    }

    fn invalid_value(
        unexpected: serde::de::Unexpected<'_>,
        expected: &dyn serde::de::Expected,
    ) -> Self {
        let _ = unexpected;
        Self(Some(expected.to_string()))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(Some(format!("the field `{field}`")))
    }
}

/// Deserializes what surrounds entities: lists, maps, and types of the user.
pub(super) struct Json<'p, 't>(pub(super) &'p mut Parser<'t>);

impl<'t> Json<'_, 't> {
    /// Passes a map or a list to a visitor, and makes sure that the visitor consumed it.
    fn object<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Stopped> {
        self.0.enter()?;
        let mut entries = Entries {
            parser: self.0,
            is_first: true,
            is_finished: false,
        };
        let value = visitor.visit_map(&mut entries)?;
        if (&mut entries)
            .next_key::<serde::de::IgnoredAny>()?
            .is_some()
        {
            return Err(Stopped(Some("fewer fields".to_owned())));
        }
        Ok(value)
    }

    fn list<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Stopped> {
        let start = self.0.mark();
        self.0.enter()?;
        let mut items = Items {
            parser: self.0,
            start,
            index: 0,
            is_finished: false,
        };
        let value = visitor.visit_seq(&mut items)?;
        if !items.is_finished && items.advance()? {
            return Err(Stopped(Some("fewer items".to_owned())));
        }
        Ok(value)
    }

    /// Calls a visitor. If it rejects the value, the failure is at the start of the value.
    fn at_value<T>(
        self,
        read: impl FnOnce(Json<'_, 't>) -> Result<T, Stopped>,
    ) -> Result<T, Stopped> {
        self.0.peek();
        let at = self.0.state.at;
        read(Json(&mut *self.0)).map_err(|Stopped(message)| {
            if !self.0.state.has_failed() {
                let message = message.unwrap_or_default();
                let _ = self.0.fail_at::<()>(at, Expected::Message(message));
            }
            Stopped(None)
        })
    }

    fn any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Stopped> {
        match self.0.peek() {
            Some(b'"') => visitor.visit_str(self.0.string_text()?),
            Some(b'-' | b'0'..=b'9') => {
                let number = self.0.number()?;
                if let Ok(number) = number.parse::<u64>() {
                    visitor.visit_u64(number)
                } else if let Ok(number) = number.parse::<i64>() {
                    visitor.visit_i64(number)
                } else {
                    visitor.visit_f64(number.parse().unwrap_or(f64::MAX))
                }
            }
            Some(b't' | b'f') => visitor.visit_bool(self.0.boolean()?),
            Some(b'{') => self.object(visitor),
            Some(b'[') => self.list(visitor),
            // `null`, or not JSON.
            _ => {
                self.0.skip_value()?;
                visitor.visit_unit()
            }
        }
    }
}

impl<'de> Deserializer<'de> for Json<'_, 'de> {
    type Error = Stopped;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        self.at_value(|json| json.any(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        if name == RAW_VALUE {
            visitor.visit_map(RawValue(Some(self.0)))
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        if self.0.take_null()? {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        self.at_value(|json| {
            if json.0.peek() == Some(b'[') {
                return json.list(visitor);
            }
            json.0.start_list()?;
            visitor.visit_seq(NoItems)
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        self.at_value(|json| {
            if json.0.peek() == Some(b'{') {
                return json.object(visitor);
            }
            json.0.start_map()?;
            visitor.visit_map(NoItems)
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        self.at_value(|json| {
            let text = json.0.raw()?;
            let mut deserializer = serde_json::Deserializer::from_str(text);
            (&mut deserializer)
                .deserialize_enum(name, variants, visitor)
                .map_err(Stopped::custom)
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        self.0.skip_value()?;
        visitor.visit_unit()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit_struct tuple
        tuple_struct struct identifier
    }
}

/// The items of a list. Items that cannot be read are left out.
struct Items<'p, 't> {
    parser: &'p mut Parser<'t>,
    start: Mark,
    index: usize,
    is_finished: bool,
}

impl Items<'_, '_> {
    fn advance(&mut self) -> Result<bool, Stopped> {
        let has_next = !self.is_finished && self.parser.next_in(b']', self.index == 0)?;
        self.is_finished = !has_next;
        Ok(has_next)
    }

    /// Leaves out an item that cannot be read.
    #[cold]
    fn reject(&mut self, item: Mark, message: Option<String>) -> Result<(), Stopped> {
        if !self.parser.state.has_failed() {
            let expected = Expected::Message(message.unwrap_or_default());
            let _ = self.parser.fail_at::<()>(item.at, expected);
        }
        let index = self.index - 1;
        self.parser
            .reject_item(self.start, item, index)
            .map_err(Stopped::from)
    }
}

impl<'t> SeqAccess<'t> for &mut Items<'_, 't> {
    type Error = Stopped;

    fn next_element_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stopped> {
        if !self.advance()? {
            return Ok(None);
        }
        self.index += 1;
        seed.deserialize(Json(self.parser)).map(Some)
    }

    #[inline(always)]
    fn next_element<T: Deserialize<'t>>(&mut self) -> Result<Option<T>, Stopped> {
        while self.advance()? {
            self.index += 1;
            let mark = self.parser.mark();
            match T::deserialize(Json(self.parser)) {
                Ok(item) => return Ok(Some(item)),
                Err(Stopped(message)) => self.reject(mark, message)?,
            }
        }
        Ok(None)
    }

    /// Estimates the number of items from the length of the first, so that large items are not moved.
    fn size_hint(&self) -> Option<usize> {
        let mut parser = Parser::new(self.parser.text);
        parser.state.at = self.parser.state.at;
        if parser.peek() == Some(b']') {
            return Some(0);
        }
        let mark = parser.mark();
        let first = parser.skip_value();
        first.ok().map(|()| 1 + parser.remaining_items(mark))
    }
}

/// The entries of an object.
struct Entries<'p, 't> {
    parser: &'p mut Parser<'t>,
    is_first: bool,
    is_finished: bool,
}

impl<'t> MapAccess<'t> for &mut Entries<'_, 't> {
    type Error = Stopped;

    fn next_key_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stopped> {
        if self.is_finished || !self.parser.next_in(b'}', self.is_first)? {
            self.is_finished = true;
            return Ok(None);
        }
        self.is_first = false;
        let key = self.parser.key()?;
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, Stopped> {
        seed.deserialize(Json(self.parser))
    }
}

/// An empty list or map.
struct NoItems;

impl<'t> SeqAccess<'t> for NoItems {
    type Error = Stopped;

    fn next_element_seed<S: DeserializeSeed<'t>>(
        &mut self,
        _: S,
    ) -> Result<Option<S::Value>, Stopped> {
        Ok(None)
    }
}

impl<'t> MapAccess<'t> for NoItems {
    type Error = Stopped;

    fn next_key_seed<S: DeserializeSeed<'t>>(&mut self, _: S) -> Result<Option<S::Value>, Stopped> {
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, _: S) -> Result<S::Value, Stopped> {
        Err(Stopped(None))
    }
}

/// The raw JSON of a value as serde_json passes it: a map with one entry.
struct RawValue<'p, 't>(Option<&'p mut Parser<'t>>);

impl<'t> MapAccess<'t> for RawValue<'_, 't> {
    type Error = Stopped;

    fn next_key_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stopped> {
        if self.0.is_none() {
            return Ok(None);
        }
        let name: StrDeserializer<'_, Stopped> = RAW_VALUE.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, Stopped> {
        match self.0.take() {
            Some(parser) => seed.deserialize(RawText(parser)),
            None => Err(Stopped(None)),
        }
    }
}

/// The raw JSON of a value.
struct RawText<'p, 't>(&'p mut Parser<'t>);

impl<'de> Deserializer<'de> for RawText<'_, 'de> {
    type Error = Stopped;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        visitor.visit_borrowed_str(self.0.raw()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        if name != DELEGATE {
            return self.deserialize_any(visitor);
        }
        delegate(self.0, |text| visitor.visit_borrowed_str(text))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
