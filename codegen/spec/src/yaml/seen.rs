//! Where facts can be seen that Mastodon's documentation does not state.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// The places where a fact can be seen, separated by semicolons.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Seen(pub Vec<Place>);

/// A place where a fact can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A pull request of Mastodon's repository: `mastodon#39547`.
    PullRequest(u32),
    /// A file in Mastodon's repository: `app/serializers/rest/account_serializer.rb`.
    File(String),
    /// A source of `servers.yaml` by its short name, and a file in it: `GTS internal/api/model/status.go`.
    Other {
        /// The short name of the source.
        source: String,
        /// The file; empty for the whole source.
        file: String,
    },
}

impl Place {
    /// Whether it is in Mastodon's repository.
    pub fn is_of_mastodon(&self) -> bool {
        !matches!(self, Self::Other { .. })
    }
}

impl Seen {
    /// Whether no place is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files in Mastodon's repository.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|place| match place {
            Place::File(file) => Some(file.as_str()),
            _ => None,
        })
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, place) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            place.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PullRequest(number) => write!(f, "mastodon#{number}"),
            Self::File(file) => f.write_str(file),
            Self::Other { source, file } if file.is_empty() => f.write_str(source),
            Self::Other { source, file } => write!(f, "{source} {file}"),
        }
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong = || {
            format!(
                "`{text}` is not a place; write a pull request such as `mastodon#39547`, a file in Mastodon's repository \
                 such as `app/models/status.rb`, or the short name of a source in servers.yaml and a file in it"
            )
        };
        if let Some(number) = text.strip_prefix("mastodon#") {
            return number.parse().map(Self::PullRequest).map_err(|_| wrong());
        }
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        let is_short_name = !first.is_empty() && !first.contains(['/', '.', '#', ':']);
        if is_short_name {
            return Ok(Self::Other {
                source: first.to_owned(),
                file: rest.trim().to_owned(),
            });
        }
        let is_file = rest.is_empty()
            && !first.is_empty()
            && !first.starts_with('/')
            && !first.contains(['#', ':']);
        if is_file {
            return Ok(Self::File(first.to_owned()));
        }
        Err(wrong())
    }
}

impl FromStr for Seen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(';')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Seen {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Seen".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A pull request (`mastodon#39547`), a file in Mastodon's repository, or the short name of a source in servers.yaml and a file in it; several are separated by semicolons.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_a_round_trip() {
        for text in [
            "mastodon#39547",
            "app/serializers/rest/account_serializer.rb",
            "GTS internal/api/model/status.go; GL",
            "config/routes.rb; PL lib/pleroma/web/router.ex",
        ] {
            assert_eq!(text.parse::<Seen>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn place_that_cannot_be_found_is_refused() {
        for text in [
            "",
            "mastodon#",
            "mastodon#4x",
            "/etc/passwd",
            "app/a.rb b",
            "https://x.y/z",
        ] {
            assert!(
                text.parse::<Seen>().unwrap_err().contains("is not a place"),
                "{text}"
            );
        }
    }
}
