//! The tolerant decoder: reads values of other JSON types than the documented ones, and continues after values that
//! cannot be read.
//!
//! [`parser`] reads JSON, [`object`] entities field by field, [`key`] compares the names of fields, [`field`] reads the
//! values of fields, [`string`], [`scalar`] and [`date`] strings, numbers and dates of any JSON type, [`collection`]
//! lists and maps. [`report`] describes what was tolerated or wrong, with its JSON path. [`bridge`] connects entities with
//! serde, so that they can be decoded as part of any other type, and [`deserializer`] decodes such types. [`document`]
//! decodes whole documents.

mod bridge;
mod buffer;
mod collection;
mod date;
mod deserializer;
mod document;
mod field;
mod key;
mod object;
mod object_macro;
mod parser;
mod report;
mod scalar;
mod string;
mod unknown;

pub use bridge::deserialize;
pub use date::parse_usual_time;
pub use document::{DecodeOptions, Decoded, decode, decode_bytes, decode_with};
pub use key::Key;
pub use object::{Fields, Object, ObjectReader, OtherNames};
pub use parser::{DecodeResult, Parser};
pub use report::{Failed, JsonError, Problem, RejectedItem, char_boundary};
pub use unknown::UnknownFields;

/// A type that is read from JSON.
pub trait FromJson: Sized {
    /// Name of the type in error messages.
    const EXPECTED: &'static str;

    /// Whether an empty string is the same as null.
    const EMPTY_IS_NULL: bool = false;

    /// Whether it is an entity.
    const IS_OBJECT: bool = false;

    /// Returns a value to read over. What it contains does not matter, except for the fields of an entity that need not be
    /// sent.
    fn blank() -> Self;

    /// Reads a value over a blank or another one. If that fails, what is left is of no use.
    fn read(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()>;

    /// Reads a value.
    fn decode(parser: &mut Parser<'_>) -> DecodeResult<Self> {
        let mut value = Self::blank();
        value.read(parser)?;
        Ok(value)
    }

    /// Reads a value into a field that can be absent. If that fails, what is left is of no use.
    fn read_some(field: &mut Option<Self>, parser: &mut Parser<'_>) -> DecodeResult<()> {
        field.insert(Self::blank()).read(parser)
    }

    /// Returns the value to use in a required field for JSON that cannot be read.
    fn substitute(_json: &str) -> Option<Self> {
        Self::when_missing()
    }

    /// Returns the value to use for a required field that is missing: an object without required fields.
    fn when_missing() -> Option<Self> {
        if Self::IS_OBJECT {
            object::empty_object()
        } else {
            None
        }
    }
}

/// Implements `FromJson` for a type that is read from a string. Some servers send a number.
#[doc(hidden)]
#[macro_export]
macro_rules! decode_from_string {
    ($name:ident, $expected:literal, |$text:ident| $convert:expr) => {
        impl $crate::__private::FromJson for $name {
            const EXPECTED: &'static str = $expected;

            fn blank() -> Self {
                let $text = "";
                $convert
            }

            fn read(
                &mut self,
                parser: &mut $crate::__private::Parser<'_>,
            ) -> $crate::__private::DecodeResult<()> {
                parser.string_or_number($expected, &mut |$text| *self = $convert)
            }
        }
    };
}

impl FromJson for serde_json::Value {
    const EXPECTED: &'static str = "a JSON value";

    fn blank() -> Self {
        Self::Null
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()> {
        *self = deserializer::decode_value(parser)?;
        Ok(())
    }

    fn substitute(_json: &str) -> Option<Self> {
        Some(Self::Null)
    }
}
