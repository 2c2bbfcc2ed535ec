//! `servers.yaml`, and the conditions that name its servers.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{Entity, EnumValue, Event, Field, Map, Method, Param, Stream, Version};

/// The key of Mastodon in `servers.yaml`.
pub const MASTODON: &str = "mastodon";

/// `servers.yaml`: the server software that offers the API.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServersFile {
    /// Describes the file.
    pub description: Option<String>,
    /// Where the facts were read: repository and revision, by the short names that `source` uses.
    pub sources: Map<String>,
    /// The server software, by the names that `on` uses.
    pub servers: Map<Server>,
}

/// Server software.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The name. It is also recognized in NodeInfo and in version strings, in upper or lower case.
    pub name: Option<String>,
    /// Other names in NodeInfo or version strings.
    pub also_named: Vec<String>,
    /// Describes it in one sentence.
    pub description: Option<String>,
    /// The servers whose features it has: `mastodon` if it follows the versions of that server, `pleroma 2.5.0` if it
    /// was forked at that version; a list for several.
    pub based_on: BasedOn,
    /// Where its own version is in the version string. Default: after its name, or it has none.
    pub version: Option<VersionLocation>,
    /// The start of its build metadata: `glitch` for `4.3.0+glitch`.
    pub build: Option<String>,
    /// The key of its API level in `api_versions`.
    pub api: Option<String>,
    /// The path of its list of features in the instance, such as `pleroma.metadata.features`.
    pub features: Option<String>,
    /// How it offers streams, where that is not how the server that it is based on offers them.
    pub streaming: Streaming,
    /// The short name of the source of the facts about it.
    pub source: Option<String>,
    /// Version strings: a list, or a mapping to its own version.
    pub examples: Examples,
    /// Note for reviewers.
    pub note: Option<String>,
}

/// How a server offers streams.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Streaming {
    /// When one WebSocket serves several streams and labels each event with the name of its stream. Default: never, a
    /// WebSocket serves one stream.
    pub shared_socket: Option<Condition>,
    /// When it offers server-sent events. Default: `true`.
    pub server_sent_events: Option<Condition>,
    /// When it folds the hashtags of streams to ASCII. Default: never, it only ignores their case.
    pub folds_hashtags: Option<Condition>,
    /// Where the handshake of a WebSocket contains the access token, in the order of preference. Default: in the header
    /// `Authorization`.
    pub token: Vec<TokenLocation>,
    /// The source of these facts, where it is not that of the server: a short name of `sources`, and a file.
    pub source: Option<String>,
}

/// A location of the access token in the handshake of a WebSocket, other than the header `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenLocation {
    /// The header `Sec-WebSocket-Protocol`.
    Subprotocol,
    /// The query parameter `access_token`.
    Query,
}

impl Streaming {
    /// The conditions, by key.
    pub fn conditions(&self) -> impl Iterator<Item = (&'static str, &Condition)> {
        let Self {
            shared_socket,
            server_sent_events,
            folds_hashtags,
            ..
        } = self;
        [
            ("shared_socket", shared_socket),
            ("server_sent_events", server_sent_events),
            ("folds_hashtags", folds_hashtags),
        ]
        .into_iter()
        .filter_map(|(key, condition)| Some((key, condition.as_ref()?)))
    }
}

/// The location of a server's own version in its version string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VersionLocation {
    /// The first number of the string.
    Own,
    /// After the start of the build metadata.
    Build,
}

/// A version of a server other than Mastodon: two or three numbers, such as `2.86`, `2024.09` or `0.17.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnVersion {
    /// The numbers; an absent third one is zero.
    pub numbers: [u32; 3],
    text: String,
}

impl fmt::Display for OwnVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for OwnVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Option<Vec<u32>> = text
            .split('.')
            // Versions are emitted as 16-bit numbers.
            .map(|part| part.parse::<u16>().ok().map(u32::from))
            .collect();
        let numbers = match parts.as_deref() {
            Some([major, minor]) => [*major, *minor, 0],
            Some([major, minor, patch]) => [*major, *minor, *patch],
            _ => {
                return Err(format!(
                    "`{text}` is not a version; write two or three numbers, such as `0.17.0` or `2024.09`"
                ));
            }
        };
        Ok(Self {
            numbers,
            text: text.to_owned(),
        })
    }
}

impl<'de> Deserialize<'de> for OwnVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_yaml::Value::deserialize(deserializer)?;
        text_of(&value)
            .ok_or_else(|| de::Error::custom("expected a version, such as `0.17.0` or `2024.09`"))?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// The text of a string or number.
fn text_of(value: &serde_yaml::Value) -> Option<String> {
    match value {
        serde_yaml::Value::String(text) => Some(text.clone()),
        serde_yaml::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The servers that a server is based on.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct BasedOn(pub Vec<Base>);

/// A server that another one is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The key of the server.
    pub server: String,
    /// The version at which it was forked; `None` if the fork follows all versions.
    pub forked_at: Option<OwnVersion>,
}

impl FromStr for Base {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (server, forked_at) = match text.split_once(' ') {
            Some((server, version)) => (server, Some(version.parse()?)),
            None => (text, None),
        };
        Ok(Self {
            server: server.to_owned(),
            forked_at,
        })
    }
}

impl<'de> Deserialize<'de> for BasedOn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = match serde_yaml::Value::deserialize(deserializer)? {
            serde_yaml::Value::String(text) => vec![text],
            serde_yaml::Value::Sequence(items) => {
                let texts: Option<_> = items.iter().map(text_of).collect();
                texts.ok_or_else(|| de::Error::custom("expected a list of servers"))?
            }
            _ => {
                return Err(de::Error::custom(
                    "expected a server; write `mastodon`, `pleroma 2.5.0` or a list of them",
                ));
            }
        };
        let bases: Result<_, String> = texts.iter().map(|text| text.parse()).collect();
        bases.map(Self).map_err(de::Error::custom)
    }
}

/// Version strings of a server.
#[derive(Debug, Default, Clone)]
pub struct Examples(pub IndexMap<String, Option<OwnVersion>>);

impl<'de> Deserialize<'de> for Examples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let invalid = || {
            de::Error::custom(
                "expected version strings: a list, or a mapping from the string to the server's own version",
            )
        };
        let examples = match serde_yaml::Value::deserialize(deserializer)? {
            serde_yaml::Value::Sequence(items) => items
                .iter()
                .map(|item| text_of(item).map(|text| (text, None)).ok_or_else(invalid))
                .collect::<Result<_, _>>()?,
            serde_yaml::Value::Mapping(entries) => entries
                .iter()
                .map(|(key, value)| {
                    let (key, value) = text_of(key).zip(text_of(value)).ok_or_else(invalid)?;
                    let version = value.parse().map_err(de::Error::custom)?;
                    Ok((key, Some(version)))
                })
                .collect::<Result<_, _>>()?,
            _ => return Err(invalid()),
        };
        Ok(Self(examples))
    }
}

/// The servers that have an item, in addition to Mastodon or instead of it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct On(pub Map<Condition>);

impl On {
    /// Whether no server is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it names a server that has the item.
    pub fn names_any(&self) -> bool {
        self.0
            .values()
            .any(|condition| *condition != Condition::Never)
    }
}

/// When a server has an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// In every version.
    Always,
    /// Never.
    Never,
    /// In these versions of the server's own.
    Versions {
        /// The first version that has it.
        since: Option<OwnVersion>,
        /// The first version without it.
        until: Option<OwnVersion>,
    },
    /// From this API level on.
    Api(u32),
    /// If its list of features contains one of these.
    Features(Vec<String>),
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unreadable = || {
            format!(
                "`{text}` is not a condition; write `true`, `false`, `0.17.0`, `until 3.1.0`, `2.3.0 until 3.1.0`, `api 1` or `feature name`"
            )
        };
        if let Some(level) = text.strip_prefix("api ") {
            return level.parse().map(Self::Api).map_err(|_| unreadable());
        }
        if let Some(names) = text.strip_prefix("feature ") {
            let names: Vec<String> = names.split(" or ").map(str::to_owned).collect();
            let is_name = |name: &String| !name.is_empty() && !name.contains([' ', ',']);
            return if names.iter().all(is_name) {
                Ok(Self::Features(names))
            } else {
                Err(unreadable())
            };
        }
        let version = |text: &str| text.parse().map_err(|_| unreadable());
        let (since, until) = match text.strip_prefix("until ") {
            Some(until) => (None, Some(version(until)?)),
            None => match text.split_once(" until ") {
                Some((since, until)) => (Some(version(since)?), Some(version(until)?)),
                None => (Some(version(text)?), None),
            },
        };
        Ok(Self::Versions { since, until })
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_yaml::Value::deserialize(deserializer)? {
            serde_yaml::Value::Bool(true) => Ok(Self::Always),
            serde_yaml::Value::Bool(false) => Ok(Self::Never),
            value => {
                let text = text_of(&value).unwrap_or_default();
                text.parse().map_err(de::Error::custom)
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("true"),
            Self::Never => f.write_str("false"),
            Self::Versions { since, until } => {
                let until = until.as_ref().map(|until| format!("until {until}"));
                let parts = since.as_ref().map(ToString::to_string).into_iter();
                let parts: Vec<_> = parts.chain(until).collect();
                f.write_str(&parts.join(" "))
            }
            Self::Api(level) => write!(f, "api {level}"),
            Self::Features(names) => write!(f, "feature {}", names.join(" or ")),
        }
    }
}

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conditions = self.0.iter();
        let conditions: Vec<_> = conditions
            .map(|(server, condition)| format!("{server}: {condition}"))
            .collect();
        f.write_str(&conditions.join(", "))
    }
}

/// An item that some versions and some servers have.
pub trait Supported {
    /// The first version of Mastodon that has it.
    fn since(&self) -> Option<&Version>;
    /// The version of Mastodon that deprecated it.
    fn deprecated(&self) -> Option<&Version> {
        None
    }
    /// The version of Mastodon that removed it.
    fn removed(&self) -> Option<&Version> {
        None
    }
    /// The other servers that have it.
    fn on(&self) -> Cow<'_, On>;
    /// Whether only servers other than Mastodon have it.
    fn is_only_on(&self) -> bool {
        self.since().is_none() && self.on().names_any()
    }
}

macro_rules! supported {
    ($($name:ty),*; $($plain:ty),*) => {
        $(impl Supported for $name {
            fn since(&self) -> Option<&Version> {
                self.since.as_ref()
            }
            fn deprecated(&self) -> Option<&Version> {
                self.deprecated.as_ref()
            }
            fn removed(&self) -> Option<&Version> {
                self.removed.as_ref()
            }
            fn on(&self) -> Cow<'_, On> {
                Cow::Borrowed(&self.on)
            }
        })*
        $(impl Supported for $plain {
            fn since(&self) -> Option<&Version> {
                self.since.as_ref()
            }
            fn on(&self) -> Cow<'_, On> {
                Cow::Borrowed(&self.on)
            }
        })*
    };
}

supported!(Param, EnumValue, Entity, Field; Stream, Event);

impl Supported for Method {
    fn since(&self) -> Option<&Version> {
        self.since.as_ref()
    }
    fn deprecated(&self) -> Option<&Version> {
        self.deprecated.as_ref()
    }
    fn removed(&self) -> Option<&Version> {
        self.removed.as_ref()
    }
    /// The servers that have it at one of its paths.
    fn on(&self) -> Cow<'_, On> {
        let mut all = Cow::Borrowed(&self.on);
        let aliases = self.aliases.iter().flat_map(|alias| &alias.on.0);
        // A server without an alias can have the method at another path.
        for (server, condition) in aliases.filter(|(_, condition)| **condition != Condition::Never)
        {
            if !all.0.contains_key(server) {
                all.to_mut().0.insert(server.clone(), condition.clone());
            }
        }
        all
    }
}

/// Implements `JsonSchema` for types with a syntax of their own.
macro_rules! schemas {
    ($($name:ident: $schema:tt;)*) => {
        $(impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })*
    };
}

schemas! {
    OwnVersion: {
        "description": "A version of the server: two or three numbers, such as `0.17.0` or `2024.09`.",
        "type": ["string", "number"],
    };
    BasedOn: {
        "description": "A server that it follows, such as `mastodon`; a server and the version at which it was forked, such as `pleroma 2.5.0`; or a list of them.",
        "anyOf": [
            { "type": "string", "pattern": r"^[a-z_]+( \d+(\.\d+){1,2})?$" },
            { "type": "array", "items": { "type": "string", "pattern": r"^[a-z_]+( \d+(\.\d+){1,2})?$" } },
        ],
    };
    Examples: {
        "description": "Version strings: a list, or a mapping from the string to the server's own version.",
        "anyOf": [
            { "type": "array", "items": { "type": ["string", "number"] } },
            { "type": "object", "additionalProperties": { "type": ["string", "number"] } },
        ],
    };
    Condition: {
        "description": "When the server has it: `true`, `false`, its own version such as `0.17.0`, `until 3.1.0`, `2.3.0 until 3.1.0`, `api 1`, or `feature name`.",
        "anyOf": [
            { "type": ["boolean", "number"] },
            { "type": "string", "pattern": r"^(\d+(\.\d+){1,2}|(\d+(\.\d+){1,2} )?until \d+(\.\d+){1,2}|api \d+|feature \S+( or \S+)*)$" },
        ],
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_survive_a_round_trip() {
        for text in [
            "0.17.0",
            "2.86",
            "2024.09",
            "until 3.1.0",
            "2.3.0 until 3.17.0",
            "api 1",
            "feature quote_posting or pleroma:bookmark_folders",
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "3",
            "four",
            "api",
            "api one",
            "since 1.0",
            "feature ",
            "1.0 until",
        ] {
            let error = text.parse::<Condition>().unwrap_err();
            assert!(error.contains("is not a condition; write"), "{error}");
        }
    }

    #[test]
    fn a_base_is_followed_or_forked_at_a_version() {
        let bases: BasedOn = serde_yaml::from_str("[mastodon, pleroma 2.5.0]").unwrap();
        let [mastodon, pleroma] = &bases.0[..] else {
            panic!("{bases:?}");
        };
        assert_eq!(
            (mastodon.server.as_str(), &mastodon.forked_at),
            ("mastodon", &None)
        );
        assert_eq!(pleroma.forked_at.as_ref().unwrap().numbers, [2, 5, 0]);
    }
}
