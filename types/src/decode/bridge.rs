//! Connects entities with serde.
//!
//! An entity requests the raw JSON of its value from serde, and reads it with its own [`Parser`]. With the deserializer
//! of this crate, which decodes what surrounds entities, the parser continues in the same text. Every other
//! deserializer passes the JSON of the value, or a value that is written as JSON first.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::FromJson;
use super::buffer::{keep_buffer, take_buffer};
use super::parser::{DecodeResult, Parser, State};
use super::report::{Failed, JsonError};

/// With this name, serde_json passes a map with one entry: the JSON text of the value. If a version of
/// serde_json used another name, it would pass the value itself, as other formats do.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// With this name, the deserializer of this crate delegates to the parser of an entity.
pub(super) const DELEGATE: &str = "$mastodon_types::private::Delegate";

thread_local! {
    /// State of the parser while it passes from the deserializer of this crate to an entity, and back.
    static PARSER_STATE: Cell<Option<State>> = const { Cell::new(None) };
}

/// Lets an entity continue to read where a parser is. `visit` calls the visitor of the entity with the text of the parser.
pub(super) fn delegate<'t, T>(parser: &mut Parser<'t>, visit: impl FnOnce(&'t str) -> T) -> T {
    PARSER_STATE.set(Some(std::mem::take(&mut parser.state)));
    let visited = visit(parser.text);
    parser.state = PARSER_STATE.take().unwrap_or_default();
    visited
}

/// Deserializes an entity with serde.
pub fn deserialize<'de, T: FromJson, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    // The entity is read where it is returned, because it is large.
    let mut result = Ok(T::blank());
    if let Ok(value) = &mut result
        && let Err(error) = deserializer.deserialize_newtype_struct(RAW_VALUE, EntityVisitor(value))
    {
        result = Err(error);
    }
    result
}

/// Where an entity goes. The code between an entity and serde is the same for all entities, and passes no large values.
trait Target {
    fn expected(&self) -> &'static str;

    /// Reads a value that another type contains or that is the whole document. JSON that cannot be read is replaced if the
    /// type has a substitute.
    fn read(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()>;
}

impl<T: FromJson> Target for T {
    fn expected(&self) -> &'static str {
        T::EXPECTED
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()> {
        parser.peek();
        parser.required(self)
    }
}

struct EntityVisitor<'v>(&'v mut dyn Target);

impl<'de> Visitor<'de> for EntityVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.expected())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut members = serde_json::Map::new();
        while let Some(key) = entries.next_key()? {
            match key {
                Key::RawValue => return entries.next_value_seed(TextSeed(self.0)),
                Key::Name(name) => members.insert(name, entries.next_value()?),
            };
        }
        read_text(self.0, &serde_json::Value::Object(members).to_string()).map_err(A::Error::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        read_text(self.0, &value.to_string()).map_err(D::Error::custom)
    }
}

/// A key of a map that stands for an entity.
enum Key {
    RawValue,
    Name(String),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Key, E> {
        Ok(if text == RAW_VALUE {
            Key::RawValue
        } else {
            Key::Name(text.to_owned())
        })
    }
}

/// Reads an entity from its JSON.
struct TextSeed<'v>(&'v mut dyn Target);

impl<'de> DeserializeSeed<'de> for TextSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_newtype_struct(DELEGATE, self)
    }
}

impl<'de> Visitor<'de> for TextSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.expected())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        let Some(state) = PARSER_STATE.take() else {
            return read_text(self.0, text).map_err(E::custom);
        };
        let mut parser = Parser::resume(text, state);
        let read = self.0.read(&mut parser);
        PARSER_STATE.set(Some(parser.state));
        // The state contains the failure.
        read.map_err(|Failed| E::custom(""))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

/// Reads an entity from a text of its own.
fn read_text(target: &mut dyn Target, text: &str) -> Result<(), JsonError> {
    let mut parser = Parser::new(text);
    parser.state.buffer = take_buffer();
    let read = target.read(&mut parser);
    keep_buffer(&mut parser);
    match read {
        Ok(()) if parser.end().is_ok() => Ok(()),
        _ => Err(parser.describe_failure()),
    }
}
