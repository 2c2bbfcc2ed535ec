//! Connects the decoder with serde.
//!
//! An entity requests the raw JSON of its value from serde, and reads it with its own [`Parser`]. With the deserializer
//! of this module, which decodes what surrounds entities, the parser continues in the same text. Every other
//! deserializer passes the JSON of the value, or a value that is written as JSON first.

use std::cell::Cell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use super::FromJson;
use super::parser::{DecodeResult, Mark, Parser, State};
use super::report::{self, Expected, Failed, JsonError, Problem, RejectedItem};

/// With this name, serde_json passes a map with one entry: the JSON text of the value. If a version of
/// serde_json used another name, it would pass the value itself, as other formats do.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// With this name, the deserializer of this module delegates to the parser of an entity.
const DELEGATE: &str = "$mastodon_types::private::Delegate";

thread_local! {
    /// State of the parser while it passes from [`RawText`] to an entity, and back.
    static PARSER_STATE: Cell<Option<State>> = const { Cell::new(None) };

    /// A buffer for strings with escapes, for the next document. Growing a new one costs more than reading a short document.
    static BUFFER: Cell<String> = const { Cell::new(String::new()) };
}

/// Maximum capacity of a buffer that is kept, in bytes.
const MAX_KEPT_BUFFER: usize = 64 * 1024;

/// Keeps the buffer of a document that was read.
fn keep_buffer(parser: &mut Parser<'_>) {
    let buffer = std::mem::take(&mut parser.state.buffer);
    if buffer.capacity() <= MAX_KEPT_BUFFER {
        BUFFER.set(buffer);
    }
}

/// Options of [`decode_with`] and [`decode_bytes`].
///
/// ```
/// use mastodon_types::{Status, json};
///
/// let text = r#"{"id": "1", "content": "", "account": {"id": "2", "acct": "a"}, "mood": "happy"}"#;
/// let options = json::DecodeOptions::default().keep_unknown_fields(true);
/// let status: Status = json::decode_with(text, options)?.value;
/// assert_eq!(status.unknown_fields.get("mood").unwrap(), "happy");
/// # Ok::<(), json::JsonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DecodeOptions {
    /// Whether entities keep the fields that this version of the SDK does not know. Default: false.
    pub keep_unknown_fields: bool,
}

impl DecodeOptions {
    /// Sets whether entities keep the fields that this version of the SDK does not know.
    #[must_use]
    pub fn keep_unknown_fields(mut self, keep: bool) -> Self {
        self.keep_unknown_fields = keep;
        self
    }
}

/// A decoded document, with what was tolerated.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// Values that differ from the documented type and were tolerated, at most 100.
    pub problems: Vec<Problem>,
    /// Items of the outermost list that cannot be read and are not in the value, at most 1,000.
    pub rejected: Vec<RejectedItem>,
}

/// Decodes JSON to an entity, or to a type that contains entities, and reports what was tolerated. Faster than
/// `serde_json::from_str`, with the same value.
///
/// ```
/// use mastodon_types::{Tag, json};
///
/// let decoded = json::decode::<Vec<Tag>>(r#"[{"name": "rust"}, null, {"name": "mastodon"}]"#)?;
/// assert_eq!(decoded.value.len(), 2);
/// assert_eq!(decoded.rejected[0].position, 1);
/// # Ok::<(), json::JsonError>(())
/// ```
///
/// # Errors
///
/// If the text is not JSON, or the outermost value cannot be read: its type is wrong, or a field that it needs is
/// missing. The error has the path, the value and what was expected.
pub fn decode<T: DeserializeOwned>(text: &str) -> Result<Decoded<T>, JsonError> {
    decode_with(text, DecodeOptions::default())
}

/// The same as [`decode`], with options.
///
/// # Errors
///
/// The same as [`decode`].
pub fn decode_with<T: DeserializeOwned>(
    text: &str,
    options: DecodeOptions,
) -> Result<Decoded<T>, JsonError> {
    decode_text(text, options, None)
}

/// The same as [`decode_with`], for bytes. Invalid UTF-8 in a string is replaced by U+FFFD.
///
/// # Errors
///
/// The same as [`decode`].
pub fn decode_bytes<T: DeserializeOwned>(
    bytes: &[u8],
    options: DecodeOptions,
) -> Result<Decoded<T>, JsonError> {
    // Validating UTF-8 once for the whole document instead of for each string saves about one sixth of the time.
    match std::str::from_utf8(bytes) {
        Ok(text) => decode_text(text, options, None),
        Err(error) => decode_text(
            &String::from_utf8_lossy(bytes),
            options,
            Some(error.valid_up_to()),
        ),
    }
}

fn decode_text<T: DeserializeOwned>(
    text: &str,
    options: DecodeOptions,
    invalid_utf8_at: Option<usize>,
) -> Result<Decoded<T>, JsonError> {
    let mut parser = start(text, options, invalid_utf8_at);
    let read = T::deserialize(Json(&mut parser));
    keep_buffer(&mut parser);
    match read {
        Ok(value) => {
            let (problems, rejected) = finish(&mut parser)?;
            Ok(Decoded {
                value,
                problems,
                rejected,
            })
        }
        Err(Stopped(message)) => Err(failure(&mut parser, message)),
    }
}

// The rest of `decode_text` does not depend on the type, and is compiled once.

fn start(text: &str, options: DecodeOptions, invalid_utf8_at: Option<usize>) -> Parser<'_> {
    let without_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mark_len = text.len() - without_mark.len();
    let mut parser = Parser::new(without_mark);
    parser.state.keep_unknown = options.keep_unknown_fields;
    parser.state.buffer = BUFFER.take();
    if let Some(at) = invalid_utf8_at {
        parser.record(at.saturating_sub(mark_len), Expected::Type("valid UTF-8"));
    }
    parser
}

fn finish(parser: &mut Parser<'_>) -> Result<(Vec<Problem>, Vec<RejectedItem>), JsonError> {
    if parser.end().is_err() {
        return Err(failure(parser, None));
    }
    let issues = parser.state.issues().iter();
    let problems = issues.map(|issue| issue.describe(parser.text)).collect();
    Ok((
        problems,
        report::rejected(parser.text, parser.state.rejected()),
    ))
}

#[cold]
fn failure(parser: &mut Parser<'_>, message: Option<String>) -> JsonError {
    if !parser.state.has_failed() {
        let message = message.unwrap_or_else(|| "another value".to_owned());
        let _ = parser.fail::<()>(Expected::Message(message));
    }
    take_failure(parser)
}

#[cold]
fn take_failure(parser: &mut Parser<'_>) -> JsonError {
    let failure = parser.state.take_failure();
    failure.unwrap_or_default().describe(parser.text)
}

/// Decodes a value of a type that only serde can decode.
pub(super) fn decode_value<T: DeserializeOwned>(parser: &mut Parser<'_>) -> DecodeResult<T> {
    parser.peek();
    let at = parser.state.at;
    T::deserialize(Json(parser)).map_err(|Stopped(message)| {
        if !parser.state.has_failed() {
            let message = message.unwrap_or_default();
            let _ = parser.fail_at::<()>(at, Expected::Message(message));
        }
        Failed
    })
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
    parser.state.buffer = BUFFER.take();
    let read = target.read(&mut parser);
    keep_buffer(&mut parser);
    match read {
        Ok(()) if parser.end().is_ok() => Ok(()),
        _ => Err(take_failure(&mut parser)),
    }
}

/// Error of the deserializer. Without a message, the state of the parser contains the failure.
#[derive(Debug)]
struct Stopped(Option<String>);

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
struct Json<'p, 't>(&'p mut Parser<'t>);

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
        parser.peek();
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
        PARSER_STATE.set(Some(std::mem::take(&mut self.0.state)));
        let value = visitor.visit_borrowed_str(self.0.text);
        self.0.state = PARSER_STATE.take().unwrap_or_default();
        value
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffer_for_escapes_is_kept_between_documents_unless_it_is_large() {
        let kept_after = |length: usize| {
            let json = format!(r#"{{"name":"\n{}"}}"#, "a".repeat(length));
            let decoded: Decoded<crate::Tag> = decode(&json).unwrap();
            assert_eq!(decoded.value.name.len(), length + 1);
            let buffer = BUFFER.take();
            let capacity = buffer.capacity();
            BUFFER.set(buffer);
            capacity
        };
        assert!(kept_after(1000) >= 1000);
        assert!(kept_after(MAX_KEPT_BUFFER) <= MAX_KEPT_BUFFER);
    }
}
