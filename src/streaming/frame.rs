//! What comes over a WebSocket: the envelope around each event.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::generated::Channel;

/// An event with the stream that it belongs to, or the answer to a message that the server could not
/// follow. It borrows what needs no unescaping; the payload, which does, is copied once.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow, default)]
    pub(super) stream: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) event: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) payload: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) error: Option<Text<'a>>,
    pub(super) status: Option<u16>,
}

impl Envelope<'_> {
    /// Whether the event belongs to a stream. Some servers name no stream where there is only one.
    pub(super) fn is_of(&self, channel: &Channel) -> bool {
        let mut named = self.stream.iter().map(|text| &*text.0);
        let Some(name) = named.next() else {
            return true;
        };
        // The hashtag comes back as the server writes it.
        let same_argument = match (channel.argument(), named.next()) {
            (Some((_, own)), Some(named)) => {
                own == named || own.to_lowercase() == named.to_lowercase()
            }
            _ => true,
        };
        name == channel.name() && same_argument
    }
}

/// A text out of JSON, borrowed where it can be. A bare number counts as its digits.
#[derive(Debug)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(text.into())
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(text.to_owned().into())
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(number.to_string().into())
            }
        }

        deserializer.deserialize_any(TextVisitor).map(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Envelope<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_envelope_borrows_what_it_can() {
        let envelope = read(
            r#"{"stream":["hashtag","rust"],"event":"update","payload":"{\"id\":\"1\"}","new":[1]}"#,
        );
        assert!(matches!(
            &envelope.event,
            Some(Text(Cow::Borrowed("update")))
        ));
        assert_eq!(envelope.payload.unwrap().0, r#"{"id":"1"}"#);
        let bare = read(r#"{"stream":["user"],"event":"delete","payload":12}"#);
        assert_eq!(bare.payload.unwrap().0, "12");
        let none = read(r#"{"stream":["user"],"event":"filters_changed"}"#);
        assert!(none.payload.is_none() && none.error.is_none());
        let error = read(r#"{"error":"Unknown channel requested","status":400}"#);
        assert_eq!(
            (&*error.error.unwrap().0, error.status),
            ("Unknown channel requested", Some(400))
        );
    }

    #[test]
    fn an_event_belongs_to_the_stream_of_its_name_and_argument() {
        let rust = Channel::Hashtag("Rust".into());
        for (stream, belongs) in [
            (r#"["hashtag","Rust"]"#, true),
            (r#"["hashtag","rust"]"#, true),
            (r#"["hashtag"]"#, true),
            ("[]", true),
            (r#"["hashtag","c"]"#, false),
            (r#"["hashtag:local","rust"]"#, false),
        ] {
            let text = format!(r#"{{"stream":{stream},"event":"update"}}"#);
            assert_eq!(read(&text).is_of(&rust), belongs, "{stream}");
        }
        assert!(!read(r#"{"stream":["user:notification"]}"#).is_of(&Channel::User));
    }
}
