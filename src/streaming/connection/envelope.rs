//! WebSocket messages of the server: an envelope around each event.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::streaming::generated::Channel;

/// An event with the stream that it belongs to, or an error response to a request.
///
/// Strings without escapes are borrowed. The payload is JSON inside a string, so it is copied once.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(borrow, default)]
    pub(crate) stream: Vec<StringOrNumber<'a>>,
    #[serde(borrow)]
    pub(crate) event: Option<StringOrNumber<'a>>,
    #[serde(borrow)]
    pub(crate) payload: Option<StringOrNumber<'a>>,
    #[serde(borrow)]
    pub(crate) error: Option<StringOrNumber<'a>>,
    pub(crate) status: Option<u16>,
}

impl Envelope<'_> {
    /// Returns whether the event belongs to a channel. Some servers omit the stream name when there is only
    /// one subscription.
    pub(crate) fn matches(&self, channel: &Channel) -> bool {
        let mut stream = self.stream.iter().map(|part| &*part.0);
        let Some(name) = stream.next() else {
            return true;
        };
        // The server may return a hashtag in another case.
        let has_same_argument = match (channel.argument(), stream.next()) {
            (Some((_, expected)), Some(actual)) => {
                expected == actual || expected.to_lowercase() == actual.to_lowercase()
            }
            _ => true,
        };
        name == channel.name() && has_same_argument
    }
}

/// A JSON string, borrowed if possible, or an unsigned number as a string.
#[derive(Debug)]
pub(crate) struct StringOrNumber<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for StringOrNumber<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrNumberVisitor;

        impl<'de> Visitor<'de> for StringOrNumberVisitor {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a number")
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

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                Ok(value.to_string().into())
            }
        }

        let value = deserializer.deserialize_any(StringOrNumberVisitor);
        value.map(StringOrNumber)
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
            Some(StringOrNumber(Cow::Borrowed("update")))
        ));
        assert_eq!(envelope.payload.unwrap().0, r#"{"id":"1"}"#);
        let number = decode(r#"{"stream":["user"],"event":"delete","payload":12}"#);
        assert_eq!(number.payload.unwrap().0, "12");
        let no_payload = decode(r#"{"stream":["user"],"event":"filters_changed"}"#);
        assert!(no_payload.payload.is_none() && no_payload.error.is_none());
        let error = decode(r#"{"error":"Unknown channel requested","status":400}"#);
        assert_eq!(
            (&*error.error.unwrap().0, error.status),
            ("Unknown channel requested", Some(400))
        );
    }

    #[test]
    fn event_matches_the_channel_with_its_name_and_argument() {
        let rust = Channel::Hashtag("Rust".into());
        for (stream, expected) in [
            (r#"["hashtag","Rust"]"#, true),
            (r#"["hashtag","rust"]"#, true),
            (r#"["hashtag"]"#, true),
            ("[]", true),
            (r#"["hashtag","c"]"#, false),
            (r#"["hashtag:local","rust"]"#, false),
        ] {
            let message = format!(r#"{{"stream":{stream},"event":"update"}}"#);
            assert_eq!(decode(&message).matches(&rust), expected, "{stream}");
        }
        assert!(!decode(r#"{"stream":["user:notification"]}"#).matches(&Channel::User));
    }
}
