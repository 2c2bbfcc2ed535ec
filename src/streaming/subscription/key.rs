//! What the server compares subscriptions by.

use std::borrow::Cow;

use crate::streaming::connection::envelope::Label;
use crate::streaming::generated::Channel;
use crate::streaming::hashtag;

/// Key by which the server compares subscriptions: name of the channel and argument. All spellings of a hashtag with
/// the same normal form are one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    name: &'static str,
    argument: Option<String>,
}

impl Key {
    /// Creates the key of a channel. `folds_hashtags`: whether the server folds hashtags to ASCII.
    pub(crate) fn new(channel: &Channel, folds_hashtags: bool) -> Self {
        let name = channel.name();
        let argument = channel.argument().map(|(_, argument)| {
            if is_hashtag(name) {
                hashtag::normalize(argument, folds_hashtags)
            } else {
                argument.to_owned()
            }
        });
        Self { name, argument }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

fn is_hashtag(name: &str) -> bool {
    name == "hashtag" || name.starts_with("hashtag:")
}

/// Stream of a message, in the form that [`Key`] has.
#[derive(Debug)]
pub(crate) struct LabelKey<'a> {
    name: Option<&'a str>,
    argument: Option<Cow<'a, str>>,
}

impl<'a> LabelKey<'a> {
    pub(crate) fn new(label: &'a Label<'_>, folds_hashtags: bool) -> Self {
        let name = label.name();
        let argument = label.argument().map(|argument| {
            // The server returns the spelling of the first request.
            if name.is_some_and(is_hashtag) {
                hashtag::normalize(argument, folds_hashtags).into()
            } else {
                argument.into()
            }
        });
        Self { name, argument }
    }

    /// Returns whether the message names no stream. Then it proves no subscription.
    pub(super) fn is_absent(&self) -> bool {
        self.name.is_none()
    }

    /// Returns whether the message may belong to a subscription. Some servers omit the name of the stream, or its
    /// argument, if there is only one subscription.
    pub(crate) fn matches(&self, key: &Key) -> bool {
        let Some(name) = self.name else {
            return true;
        };
        let has_same_argument = match (&key.argument, &self.argument) {
            (Some(expected), Some(actual)) => expected == actual,
            _ => true,
        };
        name == key.name && has_same_argument
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::connection::envelope::Envelope;

    #[test]
    fn all_spellings_of_a_hashtag_are_one_subscription() {
        let key = |tag: &str, folds| Key::new(&Channel::Hashtag(tag.into()), folds);
        for (tag, other) in [
            ("Rust", "rust"),
            ("café", "Cafe"),
            ("rust-lang", "ＲＵＳＴlang"),
        ] {
            assert_eq!(key(tag, true), key(other, true));
        }
        assert_ne!(key("rust", true), key("c", true));
        assert_ne!(key("café", false), key("cafe", false));
        assert_ne!(
            key("rust", true),
            Key::new(&Channel::HashtagLocal("rust".into()), true)
        );
    }

    #[test]
    fn message_belongs_to_the_subscriptions_with_its_name_and_argument() {
        let rust = Key::new(&Channel::Hashtag("Rust".into()), true);
        let list = Key::new(&Channel::List("12".into()), true);
        for (stream, is_rust, is_list) in [
            (r#"["hashtag","Rust"]"#, true, false),
            (r#"["hashtag","ｒust"]"#, true, false),
            (r#"["hashtag"]"#, true, false),
            (r#""hashtag""#, true, false),
            (r#"["hashtag","c"]"#, false, false),
            (r#"["hashtag:local","rust"]"#, false, false),
            (r#"["list",12]"#, false, true),
            (r#"["list","12"]"#, false, true),
            (r#"["list","13"]"#, false, false),
            ("[]", true, true),
            ("null", true, true),
        ] {
            let message = format!(r#"{{"stream":{stream},"event":"update"}}"#);
            let envelope: Envelope<'_> = serde_json::from_str(&message).unwrap();
            let label = LabelKey::new(&envelope.stream, true);
            assert_eq!(
                (label.matches(&rust), label.matches(&list)),
                (is_rust, is_list),
                "{stream}"
            );
        }
    }
}
