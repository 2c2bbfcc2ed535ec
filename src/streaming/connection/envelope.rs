//! WebSocket messages of the server: an envelope around each event.

use std::borrow::Cow;
use std::fmt;

use crate::serde_impls::deserialize_struct;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An event with the stream that it belongs to, or an error response to a request.
///
/// Strings without escapes are borrowed. The payload is JSON inside a string, so it is copied once. Members of an
/// unusual type are converted, because a message that is not understood would be a lost event.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) stream: Label<'a>,
    pub(crate) event: Option<Text<'a>>,
    pub(crate) payload: Option<Text<'a>>,
    pub(crate) error: Option<Text<'a>>,
    pub(crate) status: Option<Text<'a>>,
}

deserialize_struct!(impl['de: 'a, 'a] Envelope['a] as "Envelope", {
    stream: default,
    event: required,
    payload: required,
    error: required,
    status: required,
});

impl Envelope<'_> {
    /// Returns the HTTP status of an error response.
    pub(crate) fn status(&self) -> Option<u16> {
        self.status.as_ref()?.0.parse().ok()
    }
}

/// A JSON string, borrowed if possible, or another value as JSON.
#[derive(Debug)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(value.into())
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
                Ok(value.to_owned().into())
            }

            // Fedibird sends the payload of a reaction as an object instead of JSON in a string.
            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
                let object = Value::deserialize(MapAccessDeserializer::new(entries))?;
                Ok(object.to_string().into())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                let array = Value::deserialize(SeqAccessDeserializer::new(items))?;
                Ok(array.to_string().into())
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
                Ok(value.to_string().into())
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                Ok(value.to_string().into())
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                Ok(value.to_string().into())
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
                Ok(value.to_string().into())
            }
        }

        deserializer.deserialize_any(TextVisitor).map(Text)
    }
}

/// Name of a stream and its argument, such as `["hashtag", "rust"]`. Empty if the server names no stream.
#[derive(Debug, Default)]
pub(crate) struct Label<'a>(Vec<Text<'a>>);

impl Label<'_> {
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.first().map(|name| &*name.0)
    }

    pub(crate) fn argument(&self) -> Option<&str> {
        self.0.get(1).map(|argument| &*argument.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Label<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelVisitor;

        impl<'de> Visitor<'de> for LabelVisitor {
            type Value = Vec<Text<'de>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a stream")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(vec![Text(name.into())])
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(vec![Text(name.to_owned().into())])
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = items.next_element::<Option<Text<'de>>>()? {
                    parts.extend(part);
                }
                Ok(parts)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Vec::new())
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }
        }

        deserializer.deserialize_any(LabelVisitor).map(Label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(message: &str) -> Envelope<'_> {
        serde_json::from_str(message).unwrap()
    }

    #[test]
    fn strings_without_escapes_are_borrowed() {
        let envelope = decode(
            r#"{"stream":["hashtag","rust"],"event":"update","payload":"{\"id\":\"1\"}","new":[1]}"#,
        );
        assert!(matches!(
            &envelope.event,
            Some(Text(Cow::Borrowed("update")))
        ));
        assert_eq!(envelope.payload.unwrap().0, r#"{"id":"1"}"#);
        let error = decode(r#"{"error":"Unknown channel requested","status":400}"#);
        assert_eq!(error.status(), Some(400));
        assert_eq!(error.error.unwrap().0, "Unknown channel requested");
    }

    #[test]
    fn payload_of_any_json_type_is_kept() {
        for (payload, expected) in [
            (r#""x""#, Some("x")),
            ("12", Some("12")),
            ("-1.5", Some("-1.5")),
            ("true", Some("true")),
            (r#"{"id":"1"}"#, Some(r#"{"id":"1"}"#)),
            ("[1,null]", Some("[1,null]")),
            ("null", None),
        ] {
            let message = format!(r#"{{"event":"update","payload":{payload},"status":{payload}}}"#);
            let payload = decode(&message).payload.map(|payload| payload.0);
            assert_eq!(payload.as_deref(), expected, "{message}");
        }
        assert!(decode(r#"{"event":"filters_changed"}"#).payload.is_none());
    }

    #[test]
    fn name_of_a_stream_of_any_json_type_is_read() {
        for (stream, expected) in [
            (r#"["hashtag","Rust"]"#, (Some("hashtag"), Some("Rust"))),
            (r#"["list",12]"#, (Some("list"), Some("12"))),
            (r#"["user",null]"#, (Some("user"), None)),
            (r#""us\u0065r""#, (Some("user"), None)),
            (r#""user""#, (Some("user"), None)),
            ("[]", (None, None)),
            ("null", (None, None)),
            (r#"{"a":[1]}"#, (None, None)),
            ("-7", (None, None)),
        ] {
            let message = format!(r#"{{"stream":{stream},"event":"update"}}"#);
            let label = decode(&message).stream;
            assert_eq!((label.name(), label.argument()), expected, "{stream}");
        }
        assert_eq!(decode(r#"{"event":"update"}"#).stream.name(), None);
    }
}
