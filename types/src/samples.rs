//! Examples of entities, for tests.

use crate::decode::{FromJson, Parser};

/// Implements `sample` for entities, given their JSON. In it, `"sample:Account"` stands for the sample of another entity.
/// `if` names the Cargo feature that an entity requires.
macro_rules! samples {
    ($($name:ident = $json:literal $(if $feature:tt)?,)*) => {
        /// JSON of the samples by the name of the entity.
        pub(super) static SAMPLES: &[(&str, &str)] = &[$($(#[cfg(feature = $feature)])? (stringify!($name), $json),)*];

        $($(#[cfg(feature = $feature)])?
        impl $name {
            /// Returns an example for tests, with the fields that a current server sends. It is always the same.
            ///
            /// Requires the Cargo feature `test-util`.
            #[inline]
            pub fn sample() -> Self {
                super::decode(stringify!($name))
            }
        })*

        #[cfg(test)]
        pub(super) static CHECKS: &[(&str, super::tests::Check)] =
            &[$($(#[cfg(feature = $feature)])? (stringify!($name), super::tests::decode_and_serialize::<$name>),)*];
    };
}

#[rustfmt::skip]
#[path = "../generated/samples.rs"]
mod generated;

/// Decodes the sample of an entity.
///
/// # Panics
///
/// If the sample cannot be decoded. The tests decode every sample.
fn decode<T: FromJson>(name: &str) -> T {
    let mut text = String::new();
    write(name, &mut text);
    let decoded = T::decode(&mut Parser::new(&text));
    decoded.expect("the tests decode every sample")
}

/// Writes the JSON of a sample, with that of the samples in it.
fn write(name: &str, out: &mut String) {
    const MARK: &str = "\"sample:";
    let sample = generated::SAMPLES.iter().find(|(known, _)| *known == name);
    let mut rest = sample.map_or("null", |(_, json)| json);
    while let Some((before, after)) = rest.split_once(MARK) {
        let (inner, after) = after.split_once('"').unwrap_or((after, ""));
        out.push_str(before);
        write(inner, out);
        rest = after;
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::Value;

    use super::*;
    use crate::*;

    /// Decodes JSON, and returns the serialized entity with the number of problems.
    pub(super) type Check = fn(&str) -> (String, usize);

    pub(super) fn decode_and_serialize<T: FromJson + Serialize>(text: &str) -> (String, usize) {
        let mut parser = Parser::new(text);
        let value = T::decode(&mut parser).unwrap();
        (serde_json::to_string(&value).unwrap(), parser.problems())
    }

    /// Returns what is lost if the JSON of a sample is decoded.
    fn check(decode: Check, text: &str) -> Vec<String> {
        let (serialized, problems) = decode(text);
        let (again, _) = decode(&serialized);
        let mut wrong = Vec::new();
        if problems > 0 {
            wrong.push(format!("{problems} problems"));
        }
        if again != serialized {
            wrong.push(format!("{again} instead of {serialized}"));
        }
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        lost(&parsed(text), &parsed(&serialized), "", &mut wrong);
        wrong
    }

    /// Adds the paths of values that are not in the serialized entity.
    fn lost(sent: &Value, serialized: &Value, path: &str, wrong: &mut Vec<String>) {
        match (sent, serialized) {
            (Value::Object(fields), _) => {
                for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    let path = format!("{path}/{name}");
                    lost(value, &serialized[name.as_str()], &path, wrong);
                }
            }
            (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
                for (item, other) in items.iter().zip(others) {
                    lost(item, other, path, wrong);
                }
            }
            _ => {
                if normal(sent) != normal(serialized) {
                    wrong.push(format!("{path}: {sent} instead of {serialized}"));
                }
            }
        }
    }

    /// Returns a scalar without differences that do not matter: numbers as strings, and how a time is written.
    fn normal(value: &Value) -> String {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let time = text.parse::<Timestamp>();
        time.map_or(text, |time| time.to_string())
    }

    #[test]
    fn every_sample_is_decoded_completely_and_without_problems() {
        for (name, decode) in generated::CHECKS {
            let mut text = String::new();
            write(name, &mut text);
            let wrong = check(*decode, &text);
            assert!(wrong.is_empty(), "{name}: {wrong:?}");
        }
        assert!(generated::CHECKS.len() > 200);
    }

    #[test]
    fn samples_fit_together() {
        let status = Status::sample();
        assert_eq!(status, Status::sample());
        let text = status.content.to_text();
        assert_eq!(text, "Hello @alice! I like #rust :crab:");
        assert_eq!(status.content.mentions()[0].href, status.mentions[0].url);
        assert_eq!(status.content.hashtags()[0].href, status.tags[0].url);
        assert_eq!(status.emojis[0].shortcode, "crab");
        assert_eq!(
            status.id.time().unwrap().as_second(),
            status.created_at.as_second()
        );
        assert_eq!(status.account, Account::sample());
        assert!(status.account.created_at < status.created_at);
        assert!(
            status
                .url
                .unwrap()
                .starts_with(&status.account.url.unwrap())
        );
        assert_eq!(Relationship::sample().id, status.account.id);
        let notification = Notification::sample();
        assert_eq!(notification.kind, NotificationType::Mention);
        assert_eq!(notification.status.unwrap().id, status.id);
        let context = Context::sample();
        assert_eq!(context.ancestors.len(), 1);
    }

    #[test]
    fn samples_can_be_changed() {
        let mut status = Status::sample();
        status.content = Html::escape("1 < 2");
        status.visibility = Visibility::Direct;
        assert_eq!(status.content.to_text(), "1 < 2");
    }
}
