//! WebSocket messages of the server: an envelope around each event.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::unescape::unescape;
use crate::serde_impls::deserialize_struct;

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

impl<'a> Envelope<'a> {
    /// Decodes a message. One in the usual form is decoded several times faster.
    pub(crate) fn decode(message: &'a str) -> serde_json::Result<Self> {
        match usual_form(message) {
            Some(envelope) => Ok(envelope),
            None => serde_json::from_str(message),
        }
    }

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

/// Decodes a message in the form that Mastodon sends: an object of strings and of a list of strings, with no escapes but in
/// the payload. `None` if the message has another form, or is not valid JSON.
fn usual_form(message: &str) -> Option<Envelope<'_>> {
    let (mut stream, mut event, mut payload) = (None, None, None);
    let mut rest = skip(message, "{")?;
    loop {
        let (name, value) = plain_string(rest)?;
        let value = skip(value, ":")?;
        rest = match name {
            "stream" if stream.is_none() => {
                let (parts, rest) = plain_strings(value)?;
                stream = Some(Label(parts));
                rest
            }
            "event" if event.is_none() => {
                let (name, rest) = plain_string(value)?;
                event = Some(Text(name.into()));
                rest
            }
            "payload" if payload.is_none() => {
                let (text, rest) = unescape(value)?;
                payload = Some(Text(text.into()));
                rest
            }
            _ => return None,
        };
        match skip(rest, ",") {
            Some(next) => rest = next,
            None => break,
        }
    }
    skip(rest, "}")?.is_empty().then_some(Envelope {
        stream: stream.unwrap_or_default(),
        event,
        payload,
        error: None,
        status: None,
    })
}

/// Returns what follows a punctuation mark, without the white space around it.
fn skip<'a>(json: &'a str, mark: &str) -> Option<&'a str> {
    const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
    let json = json.trim_start_matches(WHITE_SPACE);
    Some(json.strip_prefix(mark)?.trim_start_matches(WHITE_SPACE))
}

/// Returns the content of a string without escapes, and what follows it.
fn plain_string(json: &str) -> Option<(&str, &str)> {
    let (content, rest) = json.strip_prefix('"')?.split_once('"')?;
    let is_plain = |byte: u8| byte != b'\\' && byte >= b' ';
    content.bytes().all(is_plain).then_some((content, rest))
}

/// Returns the contents of a list of strings without escapes, and what follows it.
fn plain_strings(json: &str) -> Option<(Vec<Text<'_>>, &str)> {
    let (mut parts, mut rest) = (Vec::new(), skip(json, "[")?);
    loop {
        let (part, after) = plain_string(rest)?;
        parts.push(Text(part.into()));
        match skip(after, ",") {
            Some(next) => rest = next,
            None => return Some((parts, skip(after, "]")?)),
        }
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

    use crate::text_strategy::unicode_text;
    use proptest::prelude::*;

    fn decode(message: &str) -> Envelope<'_> {
        Envelope::decode(message).unwrap()
    }

    /// Asserts that a message is decoded as serde_json decodes it. Returns whether it has the usual form.
    fn check(message: &str) -> bool {
        let expected = serde_json::from_str::<Envelope<'_>>(message);
        let decoded = Envelope::decode(message);
        assert_eq!(format!("{decoded:?}"), format!("{expected:?}"), "{message}");
        usual_form(message).is_some()
    }

    #[test]
    fn messages_in_the_usual_form_are_decoded_as_serde_json_decodes_them() {
        let payload = serde_json::json!({"id": "1", "content": "<p>\"é\" \\ \n\t\r\u{8}\u{c} \u{1f600}</p>/"});
        let payload = Value::from(payload.to_string()).to_string();
        for message in [
            r#"{"stream":["user"],"event":"update","payload":"{\"id\":\"1\"}"}"#,
            r#" { "event" : "delete" , "payload" : "1\/2" , "stream" : [ "hashtag" , "é" ] } "#,
            r#"{"event":"filters_changed"}"#,
            &format!(r#"{{"stream":["user"],"event":"update","payload":{payload}}}"#),
        ] {
            assert!(check(message), "{message}");
        }
    }

    #[test]
    fn messages_in_another_form_are_decoded_or_rejected_as_serde_json_does() {
        for message in [
            "",
            "{}",
            "[]",
            r#"{"event":"update"} x"#,
            r#"{"event":"update",}"#,
            r#"{"event":"update""#,
            r#"{"event":"upd"#,
            r#"{"event":"update" "payload":"x"}"#,
            r#"{"event":"update","event":"delete"}"#,
            r#"{"event":"update","payload":"\u0041"}"#,
            r#"{"event":"update","payload":"\x"}"#,
            r#"{"event":"update","payload":"\"#,
            r#"{"event":"update","payload":"abcdefgh"#,
            r#"{"event":"up\u0064ate"}"#,
            r#"{"event":null,"payload":12}"#,
            r#"{"stream":[],"event":"update"}"#,
            r#"{"stream":["user",1],"event":"update"}"#,
            r#"{"stream":"user","event":"update"}"#,
            r#"{"error":"Unknown channel requested","status":400}"#,
            "{\"event\":\"up\ndate\"}",
            "{\"event\":\"update\",\"payload\":\"a\nb\"}",
            "{\"event\":\"update\",\"payload\":\"a\u{0}bcdefghij\"}",
            "{\"event\":\"update\"\u{a0}}",
        ] {
            assert!(!check(message), "{message}");
        }
    }

    proptest! {
        #[test]
        fn any_payload_is_decoded_as_serde_json_decodes_it(payload in unicode_text(), other in "[ -~\\n]{0,40}", cut in 0usize..80) {
            for payload in [payload, other] {
                let payload = Value::from(payload).to_string();
                let message = format!(r#"{{"event":"update","payload":{payload}}}"#);
                check(&message);
                check(message.get(..cut).unwrap_or_default());
                check(&message.replacen("\\", "", 1));
            }
        }
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
